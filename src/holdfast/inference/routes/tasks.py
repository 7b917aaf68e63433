"""`POST /models/{id}`: any task, as the Hub's Inference API and its clients have it.

Source: huggingface_hub 2.4.0 inference/_providers/hf_inference.py and inference/_client.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from holdfast.base.errors import HoldfastError
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.inference.domain.deployments import DeploymentState
from holdfast.inference.routes.older_clients import RESHAPED_TASK, is_older, reshaped
from holdfast.inference.routes.reading import read_question, wait_seconds, wants_stream
from holdfast.inference.routes.sending import events, while_connected, whole
from holdfast.inference.service.answering import AnsweringService, Asked

BASES = ("/models/{repo}", "/hf-inference/models/{repo}")
"""Where a model's own addresses begin; the second is the path that clients know of a router."""


@dataclass(frozen=True)
class TaskRoutes:
    """Endpoints that take a task's own inputs and parameters."""

    answering: AnsweringService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        post = (*BASES, *(f"{base}/pipeline/{{task}}" for base in BASES), "/pipeline/{task}/{repo}")
        return (
            *(Route("POST", pattern, self.answer, Permission.READ_REPO) for pattern in post),
            *(Route("GET", f"{base}/info", self.info, Permission.READ_REPO) for base in BASES),
            *(Route("GET", f"{base}/health", self.health, Permission.READ_REPO) for base in BASES),
        )

    async def answer(self, call: Call) -> Response:
        """Ask a model: `{"inputs": …, "parameters": {…}}`, or the bytes of an image or a sound."""
        question = await read_question(call)
        asked = Asked(call.repo_id, call.words.get("task"), question, wait_seconds(call))
        if wants_stream(question):
            return await events(call, self.answering.stream(call.actor, asked), stream_error)
        answer = await while_connected(call, self.answering.predict(call.actor, asked))
        if is_older(call) and await self._task_of(call) == RESHAPED_TASK:
            answer = reshaped(answer)
        return whole(answer)

    async def _task_of(self, call: Call) -> str | None:
        """What was asked: the task of the address, else the repo's."""
        if (task := call.words.get("task")) is not None:
            return task
        repo, _ = await self.answering.describe(call.actor, call.repo_id)
        return repo.task

    async def info(self, call: Call) -> Response:
        """What serves a model now: task, device, dtype, memory."""
        repo, served = await self.answering.describe(call.actor, call.repo_id)
        ready = next((one for one in served if one.state is DeploymentState.READY), None)
        return json_response(
            {
                "model_id": repo.repo_id,
                "model_sha": repo.commit_oid,
                "model_pipeline_tag": repo.task,
                "model_dtype": ready.facts.get("dtype") if ready else None,
                "model_device_type": ready.facts.get("device") if ready else None,
                "max_concurrent_requests": self.answering.limits.waiting,
                "deployments": [
                    {
                        "task": one.model.task,
                        "state": one.state.value,
                        "memory_bytes": one.memory_bytes,
                        "waiting": one.waiting,
                        "pinned": one.is_pinned,
                        "batching": one.facts.get("batching"),
                        "problem": one.problem or None,
                    }
                    for one in served
                ],
            }
        )

    async def health(self, call: Call) -> Response:
        """200 when the model answers, or will be loaded by the first question; 503 when that failed."""
        _, served = await self.answering.describe(call.actor, call.repo_id)
        failed = bool(served) and all(one.state is DeploymentState.FAILED for one in served)
        return Response(status_code=503 if failed else 200)


def stream_error(error: HoldfastError) -> dict[str, Any]:
    """An error in the middle of a stream. Source: text-generation-inference, `ErrorResponse`."""
    kind = "overloaded" if error.status == 429 else "validation" if error.status < 500 else "generation"
    return {"error": error.message, "error_type": kind}
