"""Use cases of inference. They are coroutines: a request mostly waits, and hundreds may wait at once."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from pathlib import Path

from holdfast.backends.engines.factory import open_remote_engine, open_worker_engine
from holdfast.backends.engines.protocol import Engine
from holdfast.base.errors import HoldfastError
from holdfast.base.identity import SYSTEM
from holdfast.base.ids import RepoId
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.service import RepoServices
from holdfast.inference.domain.deployments import Limits
from holdfast.inference.hosting import LOADER
from holdfast.inference.service.answering import AnsweringService
from holdfast.inference.service.attachments import Attachments, Exactness, Pins
from holdfast.inference.service.files import ModelFiles
from holdfast.inference.service.finding import ModelFinder
from holdfast.inference.service.keeping import ModelKeeper
from holdfast.inference.service.opening import ModelOpener
from holdfast.inference.service.telemetry import InferenceTelemetry

logger = logging.getLogger("holdfast.inference")

__all__ = ["InferenceChoices", "InferenceServices", "open_inference"]


@dataclass(frozen=True)
class InferenceChoices:
    """What the administrator chose.

    Args:
        limits: see there.
        device: `auto`, `cpu`, `cuda` …; see `domain.predictors.Wish`.
        dtype: see `Exactness`.
        attached: see `Attachments`.
        attached_token: the access token of those servers.
        pinned: see `Pins`.
    """

    limits: Limits
    device: str = "auto"
    dtype: str = "auto"
    attached: str = ""
    attached_token: str | None = None
    pinned: str = ""


@dataclass(frozen=True)
class InferenceServices:
    """Everything that can be done with models at work."""

    answering: AnsweringService
    keeper: ModelKeeper
    files: ModelFiles
    engines: tuple[Engine, ...]
    attachments: Attachments
    pins: Pins
    exactness: Exactness
    folder: Path
    warming: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Begin to load the pinned models; on the event loop that will serve them."""
        self.warming.extend(asyncio.create_task(self._warm_up(repo_id)) for repo_id in self.pins.repo_ids())

    async def _warm_up(self, repo_id: str) -> None:
        try:
            await self.answering.warm_up(SYSTEM, RepoId.parse(repo_id))
        except HoldfastError as error:
            logger.warning("the pinned model %s is not loaded: %s", repo_id, error)

    async def stop(self) -> None:
        """Let go of all models; on the event loop that served them."""
        for task in self.warming:
            task.cancel()
        await self.keeper.close()
        for engine in self.engines:
            await engine.close()
        self.files.close()


def open_inference(
    repos: RepoServices, objects: ObjectService, folder: Path, choices: InferenceChoices, loader: str = LOADER
) -> InferenceServices:
    """Build the services of one process. Nothing is started or written before the first question.

    Args:
        repos: of the Hub.
        objects: of the Hub.
        folder: for the files of loaded models; on the file system of the Hub's objects, so that they can be linked.
        choices: of the administrator.
        loader: what a model's process runs.

    Raises:
        InvalidInput: attachments or pins that nobody can read.
    """
    limits = choices.limits
    files = ModelFiles(folder, repos, objects)
    attachments, pins = Attachments(choices.attached, choices.attached_token), Pins(choices.pinned)
    folder_of_programs = folder.parent
    here = open_worker_engine(
        loader, folder_of_programs, timeout_seconds=limits.answer_seconds, load_timeout_seconds=limits.load_seconds
    )
    elsewhere = open_remote_engine(timeout_seconds=limits.answer_seconds) if attachments.repo_ids() else None
    options = {"device": choices.device, "memory_bytes": str(limits.most_model_bytes)}
    exactness = Exactness(choices.dtype)
    opener = ModelOpener(files, attachments, here, elsewhere, exactness, options)
    keeper = ModelKeeper(opener, limits, lambda model: pins.has(model.repo_id))
    answering = AnsweringService(ModelFinder(repos), keeper, InferenceTelemetry(), limits)
    engines = (here,) if elsewhere is None else (here, elsewhere)
    return InferenceServices(answering, keeper, files, engines, attachments, pins, exactness, folder_of_programs)
