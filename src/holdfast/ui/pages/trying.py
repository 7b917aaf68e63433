"""Trying a model on its front page: a form, and below it what the model answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from holdfast.backends.engines.protocol import JSON, Answer, Question
from holdfast.base.errors import (
    HoldfastError,
    InvalidInput,
    NotFound,
    NotInstalled,
    Overloaded,
    StorageFull,
    TooLarge,
    UnusableModel,
)
from holdfast.base.ids import RepoType
from holdfast.http.call import Call
from holdfast.http.multipart_forms import FormLimits, ReceivedForm, receive_form
from holdfast.inference.routes.reading import MAX_ANONYMOUS_BODY_BYTES, wait_seconds
from holdfast.inference.routes.sending import while_connected
from holdfast.inference.service import InferenceServices
from holdfast.inference.service.answering import Asked
from holdfast.inference.service.opening import require_libraries
from holdfast.ui.inference_forms import CHAT, form_of, messages, question
from holdfast.ui.inference_panel import Outcome, Panel, Tried, conversation, outcome_of, panel_of, task_of
from holdfast.ui.inference_results import result_of, sound
from holdfast.ui.pages.repo_context import RepoContext

REFUSALS = (InvalidInput, TooLarge, UnusableModel, NotInstalled, Overloaded, StorageFull)
"""What stands below the form; anything else is a page of its own."""


@dataclass(frozen=True)
class Trials:
    """Makes panels, and asks models.

    Args:
        inference: of the server.
        incoming: folder on the disk that takes files while they arrive.
    """

    inference: InferenceServices
    incoming: Path

    def panel(self, view: RepoContext, base_url: str, chosen: int = 1) -> Panel | None:
        """The panel of a model before anything is asked; None for what nobody can try. Loads nothing."""
        repo = view.repo
        if view.type != "model" or not view.may_read or repo.head_oid is None or repo.disabled:
            return None
        needs_token = repo.private or repo.gated is not None
        refusal = self._refusal(str(repo.id), task_of(view.header.facts))
        dtype = self._dtype(str(repo.id))
        return panel_of(Tried(str(repo.id), view.header.facts, base_url, refusal, needs_token, chosen, dtype))

    def _dtype(self, repo_id: str) -> str:
        """How exactly the model computes here, where somebody chose it; of a server elsewhere nothing is known."""
        is_elsewhere = self.inference.attachments.of(repo_id) is not None
        return "auto" if is_elsewhere else self.inference.exactness.of(repo_id)

    def _refusal(self, repo_id: str, task: str | None) -> HoldfastError | None:
        if task is None or self.inference.attachments.of(repo_id) is not None:
            return None
        try:
            require_libraries(task)
        except NotInstalled as error:
            return error
        return None

    async def check(self, call: Call) -> None:
        """Let through who may ask the model, before anything of the form is read.

        Raises:
            NotFound: a data set or Space.
            RepoNotFound, GatedRepo, DisabledRepo, UnusableModel: see `ModelFinder.find_repo`.
        """
        if call.repo_type is not RepoType.MODEL:
            raise NotFound(what="A form to try a data set or Space")
        await self.inference.answering.describe(call.actor, call.repo_id)

    async def answer(self, call: Call, facts: Mapping[str, Any]) -> tuple[Mapping[str, str], Outcome]:
        """Ask the model what the form says, and tell what came of it."""
        texts: Mapping[str, str] = {}
        try:
            texts, files = await self._received(call)
            return texts, await self._ask(call, task_of(facts), texts, files)
        except REFUSALS as error:
            return texts, outcome_of(error)

    async def _received(self, call: Call) -> tuple[dict[str, str], dict[str, bytes]]:
        if (call.header(b"content-type") or "").startswith("application/x-www-form-urlencoded"):
            fields = await call.form_fields()
            return {name: fields.text(name) for name in fields.values}, {}
        form = await receive_form(call, self.incoming, FormLimits(MAX_ANONYMOUS_BODY_BYTES, max_files=1))
        try:
            texts = {name: form.fields.text(name) for name in form.values}
            return texts, await call.run(_contents, form)
        finally:
            await call.run(form.close)

    async def _ask(self, call: Call, task: str | None, texts: Mapping[str, str], files: Mapping[str, bytes]) -> Outcome:
        fields = form_of(task) if task else None
        if task is None or fields is None:
            raise UnusableModel(problem="its card names no task that this server has a form for")
        if task == CHAT:
            said = messages(texts)
            return conversation(said, orjson.loads((await self._predict(call, task, {"messages": said})).body))
        asked = question(fields, texts, files)
        answer = await self._predict(call, task, asked)
        if answer.media_type != JSON:
            return Outcome(sound(answer.body, answer.media_type))
        return Outcome(await call.run(result_of, task, asked, orjson.loads(answer.body)))

    async def _predict(self, call: Call, task: str, body: Mapping[str, Any]) -> Answer:
        asked = Asked(call.repo_id, task, Question(orjson.dumps(body)), wait_seconds(call))
        return await while_connected(call, self.inference.answering.predict(call.actor, asked))


def _contents(form: ReceivedForm) -> dict[str, bytes]:
    return {file.field: file.content.read() for file in form.files if file.size_bytes}
