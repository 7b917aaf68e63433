"""`/api/training/…`: start a run, look at it, end it."""

from __future__ import annotations

import base64
import binascii
import io
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from holdfast.base.clock import Clock
from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Permission
from holdfast.http.call import Call, Fields
from holdfast.http.responses import json_response, page_response
from holdfast.http.routing import Route
from holdfast.hub.repos.service.uploading import ReceivedFile
from holdfast.jobs.routes.items import job_item
from holdfast.training.domain.runs import Target
from holdfast.training.domain.spec_files import mapping_of
from holdfast.training.service import TrainingRun, TrainingService

_MOST_PER_PAGE = 1_000
_PER_PAGE = 100


@dataclass(frozen=True)
class TrainingRoutes:
    """Of runs."""

    training: TrainingService
    clock: Clock

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        see, run = Permission.SEE_JOBS, Permission.RUN_JOBS
        one = "/api/training/{namespace}/{id}"
        return (
            Route("GET", "/api/training/{namespace}", self.list_runs, see),
            Route("POST", "/api/training/{namespace}", self.start, run),
            Route("GET", one, self.inspect, see),
            Route("POST", f"{one}/stop", self.stop, run),
            Route("POST", f"{one}/cancel", self.cancel, run),
            Route("POST", f"{one}/trials/{{number}}/deploy", self.deploy_trial, run),
        )

    async def list_runs(self, call: Call) -> Response:
        """A namespace's training runs as jobs, newest first; `limit`."""
        limit = call.number("limit", _PER_PAGE, 1, _MOST_PER_PAGE)
        cursor = call.query_params.get("cursor")
        page = await call.run(self.training.list_runs, call.actor, call.words["namespace"], cursor=cursor, limit=limit)
        now = self.clock()
        return page_response(call, [job_item(job, now) for job in page.jobs], page.next_cursor)

    async def start(self, call: Call) -> Response:
        """Start a run: `spec`, and `file` with `name` and `content` (base64) where its data are not on the Hub yet."""
        fields = await call.fields()
        upload = _upload(fields.part("file")) if "file" in fields else None
        spec = fields.part("spec").values
        job = await call.run(self.training.start_run, call.actor, call.words["namespace"], spec, upload)
        return json_response(job_item(job, self.clock()))

    async def inspect(self, call: Call) -> Response:
        """One run: its job, spec and board, and the report once there is one."""
        found = await call.run(self.training.get_run, call.actor, call.words["namespace"], call.words["id"])
        return json_response(self._item(found))

    async def stop(self, call: Call) -> Response:
        """End the search of a run and keep the best so far."""
        job = await call.run(self.training.stop_and_keep_best, call.actor, call.words["namespace"], call.words["id"])
        return json_response(job_item(job, self.clock()))

    async def cancel(self, call: Call) -> Response:
        """End a run and keep nothing."""
        job = await call.run(self.training.cancel, call.actor, call.words["namespace"], call.words["id"])
        return json_response(job_item(job, self.clock()))

    async def deploy_trial(self, call: Call) -> Response:
        """Make another trial of a finished run the served model: a new run; `repo_id` and `branch` if not its repo."""
        fields = await call.fields()
        target = Target(fields.optional_text("repo_id") or None, fields.optional_text("branch") or None)
        number = trial_number(call.words["number"])
        named = call.words["namespace"], call.words["id"]
        job = await call.run(self.training.deploy_trial, call.actor, *named, number, target)
        return json_response(job_item(job, self.clock()))

    def _item(self, run: TrainingRun) -> dict[str, Any]:
        board = run.board
        return {
            "job": job_item(run.job, self.clock()),
            "spec": mapping_of(run.spec),
            "board": {
                "stage": board.stage,
                "metric": board.metric,
                "greaterIsBetter": board.greater_is_better,
                "trials": list(board.trials),
                "running": board.running,
                "figures": list(board.figures),
                "messages": list(board.messages),
            },
            "report": run.report,
        }


def trial_number(word: str) -> int:
    """A trial's number as people write it.

    Raises:
        InvalidInput: it is none.
    """
    if not (word.isascii() and word.isdecimal()) or len(word) > 9:
        raise InvalidInput(field="trial", problem="must be the number of a trial")
    return int(word)


def _upload(fields: Fields) -> ReceivedFile:
    name = fields.text("name")
    if not name or "/" in name or name.startswith("."):
        raise InvalidInput(field="file.name", problem="must be the plain name of a file")
    try:
        content = base64.b64decode(fields.text("content"), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(field="file.content", problem="must be base64") from None
    return ReceivedFile(name, len(content), io.BytesIO(content))
