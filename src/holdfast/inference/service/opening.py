"""Opens a model: brings its files, chooses the engine, says what it will take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec

from holdfast.backends.engines.protocol import Engine, LoadedModel, ModelSource
from holdfast.base.errors import NotInstalled
from holdfast.inference.domain.deployments import FoundModel
from holdfast.inference.service.adapting import AdapterFolders
from holdfast.inference.service.attachments import Attachments, Exactness
from holdfast.inference.service.files import LocalModel, ModelFiles

LIBRARY_BYTES = 500 * 1024 * 1024
"""What a process takes before it holds any weights."""
_WEIGHTS_FACTOR = 1.25
"""Weights, and what is computed with them."""
_SLOWEST_BYTES_PER_SECOND = 200 * 1024 * 1024
_START_SECONDS = 8.0
_WITHOUT_TORCH = ("tabular-classification", "tabular-regression")


@dataclass(frozen=True)
class Opening:
    """A model about to be loaded.

    Args:
        source: what its engine is told.
        engine: which one.
        files: None for a model elsewhere.
    """

    source: ModelSource
    engine: Engine
    files: LocalModel | None = None

    @property
    def expected_bytes(self) -> int:
        """Memory that it will take here."""
        return 0 if self.files is None else int(LIBRARY_BYTES + self.files.weight_bytes * _WEIGHTS_FACTOR)

    @property
    def expected_seconds(self) -> float:
        """How long loading will take."""
        return 2.0 if self.files is None else _START_SECONDS + self.files.weight_bytes / _SLOWEST_BYTES_PER_SECOND

    def remove_files(self) -> None:
        """Give back the disk."""
        if self.files is not None:
            self.files.remove()


def require_libraries(task: str) -> None:
    """Refuse at once what no process of this installation could do.

    Raises:
        NotInstalled: with the command that changes it.
    """
    needed = ("skops",) if task in _WITHOUT_TORCH else ("torch", "transformers")
    if any(find_spec(name) is None for name in needed):
        raise NotInstalled(feature="Inference", extra="inference")


@dataclass(frozen=True)
class ModelOpener:
    """Loads models of repos.

    Args:
        files: brings files.
        attachments: which repos' models run on servers elsewhere.
        here: the engine for this machine.
        elsewhere: the engine for servers; None where nothing is attached.
        exactness: which dtype each model computes in here.
        options: for the engine here, e.g. `device`.
        require: refuses tasks that nothing here can do.
    """

    files: ModelFiles
    attachments: Attachments
    here: Engine
    elsewhere: Engine | None
    exactness: Exactness = field(default_factory=lambda: Exactness(""))
    options: Mapping[str, str] = field(default_factory=dict)
    require: Callable[[str], None] = require_libraries

    @cached_property
    def adapters(self) -> AdapterFolders:
        """Adapters that work on their base beside others."""
        return AdapterFolders(self.files, self.attachments)

    async def prepare(self, model: FoundModel) -> Opening:
        """Everything before loading.

        Raises:
            NotInstalled: the libraries that run models are missing.
            UnsafeWeights, UnusableModel, StorageFull: see `ModelFiles.bring`.
        """
        attached = self.attachments.of(model.repo_id)
        if attached is not None and self.elsewhere is not None:
            options = {
                name: word for name, word in (("model", attached.model), ("access_token", attached.token)) if word
            }
            return Opening(ModelSource(attached.url, model.task, options), self.elsewhere)
        self.require(model.task)
        local = await asyncio.to_thread(self.files.bring, model)
        options = {**self.options, "dtype": self.exactness.of(model.repo_id)}
        return Opening(ModelSource(str(local.folder), model.task, options), self.here, local)

    async def load(self, opening: Opening) -> LoadedModel:
        """The model, ready. Raises as `Engine.load`."""
        return await opening.engine.load(opening.source)
