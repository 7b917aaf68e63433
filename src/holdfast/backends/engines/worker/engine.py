"""The worker driver: a process for every model."""

from __future__ import annotations

from pathlib import Path

from holdfast.backends.engines.protocol import ModelSource
from holdfast.backends.engines.worker.model import WorkerModel, end_quietly
from holdfast.backends.engines.worker.process import start_process


class WorkerEngine:
    """An `Engine`; see `factory.open_worker_engine` for the arguments."""

    def __init__(self, loader: str, scratch: Path, timeout_seconds: float, load_timeout_seconds: float) -> None:
        self._loader = loader
        self._scratch = scratch
        self._timeout_seconds = timeout_seconds
        self._load_timeout_seconds = load_timeout_seconds
        self._models: set[WorkerModel] = set()

    async def load(self, source: ModelSource) -> WorkerModel:
        """See `Engine.load`."""
        self._models = {model for model in self._models if not model.status().ended_by}
        process, ours = await start_process(self._scratch)
        model = WorkerModel(process, self._timeout_seconds)
        self._models.add(model)
        try:
            await model.open(ours, self._loader, source, self._load_timeout_seconds)
        except BaseException:
            await end_quietly(model)
            raise
        return model

    async def close(self) -> None:
        """See `Engine.close`."""
        models, self._models = self._models, set()
        for model in models:
            await model.unload()
