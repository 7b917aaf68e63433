"""Models without libraries: an engine inside the test's own process, and inference over the services of a Hub."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

from holdfast.backends.engines.protocol import Answer, ModelSource, ModelState, ModelStatus, Question
from holdfast.base.errors import HoldfastError, ModelFailed
from holdfast.base.ids import RepoId
from holdfast.hub.repos.domain import AddFile
from holdfast.inference.domain.deployments import Limits
from holdfast.inference.service.answering import AnsweringService
from holdfast.inference.service.attachments import Attachments, Pins
from holdfast.inference.service.files import ModelFiles
from holdfast.inference.service.finding import ModelFinder
from holdfast.inference.service.keeping import ModelKeeper
from holdfast.inference.service.opening import ModelOpener
from holdfast.inference.service.telemetry import InferenceTelemetry
from tests.factories.hub import MODEL, Hub

MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE


class FakeLoaded:
    """Answers with the question's own body; `gate` holds answers back while it is not set."""

    def __init__(self, source: ModelSource, memory_bytes: int) -> None:
        self.source = source
        self.memory_bytes = memory_bytes
        self.gate = asyncio.Event()
        self.gate.set()
        self.ended_by = ""
        self.adapters: list[str] = []

    async def predict(self, question: Question) -> Answer:
        self.adapters.append(question.adapter)
        await self.gate.wait()
        if self.ended_by:
            raise ModelFailed(reason=self.ended_by)
        return Answer(question.body, tokens=3)

    async def stream(self, question: Question) -> AsyncGenerator[bytes, None]:
        for piece in question.body.split():
            await self.gate.wait()
            yield piece

    def status(self) -> ModelStatus:
        state = ModelState.GONE if self.ended_by else ModelState.READY
        return ModelStatus(state, 0 if self.ended_by else self.memory_bytes, ended_by=self.ended_by)

    async def unload(self) -> None:
        self.ended_by = self.ended_by or "it was unloaded"
        self.gate.set()


@dataclass
class FakeEngine:
    """Loads at once, unless `gate` is taken; fails with `error` if there is one."""

    memory_bytes: int = GIBIBYTE
    error: HoldfastError | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    loads: list[ModelSource] = field(default_factory=list)
    models: list[FakeLoaded] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()

    async def load(self, source: ModelSource) -> FakeLoaded:
        self.loads.append(source)
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.models.append(FakeLoaded(source, self.memory_bytes))
        return self.models[-1]

    async def close(self) -> None:
        for model in self.models:
            await model.unload()


class Seconds:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Inference:
    """Inference over a Hub, with an engine that needs no process."""

    hub: Hub
    engine: FakeEngine
    files: ModelFiles
    keeper: ModelKeeper
    answering: AnsweringService
    clock: Seconds


def open_fake_inference(
    hub: Hub, folder: Path, limits: Limits | None = None, *, pinned: str = "", attached: str = ""
) -> Inference:
    limits = limits or Limits(memory_bytes=4 * GIBIBYTE)
    files = ModelFiles(folder / "inference", hub.repos, hub.objects)
    engine, clock, pins = FakeEngine(), Seconds(), Pins(pinned)
    opener = ModelOpener(files, Attachments(attached), engine, engine, require=lambda _: None)
    keeper = ModelKeeper(opener, limits, lambda model: pins.has(model.repo_id), clock)
    answering = AnsweringService(ModelFinder(hub.repos), keeper, InferenceTelemetry(), limits)
    return Inference(hub, engine, files, keeper, answering, clock)


def put_model(hub: Hub, name: str, task: str | None = "text-classification", *, weight_bytes: int = 1000) -> None:
    """A repo that looks like a model: a card with a task, a config, weights as a large file."""
    repo = hub.create(name)
    card = f"---\npipeline_tag: {task}\n---\n" if task else "# A model\n"
    hub.commit(
        name, AddFile("README.md", card.encode()), AddFile("config.json", b"{}"), AddFile("vocab.txt", b"a\nb\n")
    )
    hub.put_large(repo, "model.safetensors", bytes(weight_bytes))


def put_adapter(hub: Hub, name: str, base: str, weights: bytes = bytes(500), **more: bytes) -> None:
    """A repo that looks like a LoRA adapter of another one; `more` are regular files, dots written as `__`."""
    repo = hub.create(name)
    config = {"peft_type": "LORA", "base_model_name_or_path": base, "task_type": "CAUSAL_LM"}
    files = {"adapter_config.json": json.dumps(config).encode(), **more}
    hub.commit(name, *(AddFile(path.replace("__", "."), content) for path, content in files.items()))
    hub.put_large(repo, "adapter_model.safetensors", weights)


def repo_id(name: str) -> RepoId:
    return RepoId.parse(name)


__all__ = [
    "MODEL",
    "FakeEngine",
    "FakeLoaded",
    "Inference",
    "open_fake_inference",
    "put_adapter",
    "put_model",
    "repo_id",
]
