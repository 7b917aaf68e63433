"""Answers questions of models, for whoever may read their files."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace

from holdfast.backends.engines.protocol import Answer, Question
from holdfast.base.errors import Forbidden, HoldfastError, InvalidInput, LoginRequired, TooLarge
from holdfast.base.identity import Actor
from holdfast.base.ids import RepoId
from holdfast.inference.domain.deployments import Deployment, FoundModel, Limits
from holdfast.inference.service.finding import FoundRepo, ModelFinder
from holdfast.inference.service.keeping import ModelKeeper
from holdfast.inference.service.telemetry import InferenceTelemetry

_QUOTED = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Asked:
    """What a request asks.

    Args:
        repo_id: the model's repo.
        task: None means what the repo says.
        question: as it came.
        wait_seconds: how long to wait for a model that is being loaded; None: the server's choice.
        called: what the request calls a field, or the fields that begin alike, where the task calls them otherwise:
            errors name fields as their reader does. The first that fits counts.
    """

    repo_id: RepoId
    task: str | None
    question: Question
    wait_seconds: float | None = None
    called: Mapping[str, str] = field(default_factory=dict)

    def name_of(self, own: str) -> str:
        """What the request calls a field of the task."""
        found = next((word for word in self.called if own.startswith(word)), "")
        return self.called.get(found, "") + own[len(found) :]


@dataclass(frozen=True)
class AnsweringService:
    """Questions in, answers out."""

    finder: ModelFinder
    keeper: ModelKeeper
    telemetry: InferenceTelemetry
    limits: Limits

    async def predict(self, actor: Actor, asked: Asked) -> Answer:
        """The whole answer.

        Raises:
            RepoNotFound, GatedRepo, UnknownTask, InvalidInput: see `ModelFinder.find`.
            ModelBusy, ModelLoading, UnusableModel, UnsafeWeights, NotInstalled: see `ModelKeeper.borrow`.
            InvalidInput, TooLarge, ModelFailed: see `LoadedModel.predict`.
        """
        model = await self.finder.find(actor, asked.repo_id, asked.task, asked.question)
        with self._noted(model) as note, _in_words_of(asked):
            async with self.keeper.borrow(model, asked.wait_seconds) as loaded:
                answer = await loaded.predict(replace(asked.question, task=model.asked))
            note.tokens = answer.tokens
        return answer

    async def stream(self, actor: Actor, asked: Asked) -> AsyncGenerator[bytes, None]:
        """The answer in chunks of JSON. Errors as `predict`, before the first chunk or at any later one."""
        model = await self.finder.find(actor, asked.repo_id, asked.task, asked.question)
        with self._noted(model), _in_words_of(asked):
            async with (
                self.keeper.borrow(model, asked.wait_seconds) as loaded,
                aclosing(loaded.stream(replace(asked.question, task=model.asked))) as chunks,
            ):
                async for chunk in chunks:
                    yield chunk

    async def warm_up(self, actor: Actor, repo_id: RepoId) -> None:
        """Load a model before anybody asks.

        Raises:
            RepoNotFound, UnusableModel, InvalidInput, …: see `predict`.
        """
        model = await self.finder.find(actor, repo_id, None, Question(b"{}"))
        async with self.keeper.borrow(model, self.limits.load_seconds):
            pass

    async def describe(self, actor: Actor, repo_id: RepoId) -> tuple[FoundRepo, list[Deployment]]:
        """A model that the actor may use, and how it is being served now: once for each task, or not at all."""
        repo = await self.finder.find_repo(actor, repo_id)
        served = [one for one in self.keeper.deployments() if one.model.key.repo_key == repo.key]
        return repo, served

    async def served(self, actor: Actor) -> list[Deployment]:
        """Models in memory that the actor may use."""
        found = []
        for deployment in self.keeper.deployments():
            try:
                await self.finder.find_repo(actor, RepoId.parse(deployment.model.repo_id))
            except HoldfastError:
                continue  # none of the actor's business
            found.append(deployment)
        return found

    def metrics(self, actor: Actor) -> str:
        """Numbers for Prometheus; they name models, so only administrators get them.

        Raises:
            LoginRequired, Forbidden.
        """
        if actor.is_anonymous:
            raise LoginRequired
        if not actor.is_site_admin:
            raise Forbidden
        return self.telemetry.exposition(self.keeper.deployments(), self.limits.memory_bytes)

    @contextmanager
    def _noted(self, model: FoundModel) -> Iterator[_Note]:
        note, began = _Note(), time.monotonic()
        try:
            yield note
        except HoldfastError as error:
            note.outcome = error.code
            raise
        except (asyncio.CancelledError, GeneratorExit):
            note.outcome = "Cancelled"
            raise
        finally:
            self.telemetry.note(model.asked or model.task, note.outcome, time.monotonic() - began, note.tokens)


@contextmanager
def _in_words_of(asked: Asked) -> Iterator[None]:
    """Have errors name fields as the request does."""
    try:
        yield
    except InvalidInput as error:
        error.field = asked.name_of(error.field)
        raise
    except TooLarge as error:
        error.what = _QUOTED.sub(lambda found: f"`{asked.name_of(found[1])}`", error.what)
        raise


@dataclass
class _Note:
    outcome: str = "ok"
    tokens: int = 0
