"""Adapters that work on their base beside others: which can, where their files are, and how they are asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from holdfast.backends.engines.protocol import Answer, LoadedModel, ModelStatus, Question
from holdfast.inference.domain.deployments import FoundModel, ModelKey
from holdfast.inference.runtime.adapters import Adapter
from holdfast.inference.service.attachments import Attachments
from holdfast.inference.service.files import LocalModel, ModelFiles

_MOST_FOLDERS = 512
_TASK = "text-generation"
"""The one whose running batch takes rows of several adapters; for others they are merged into a copy of the base."""


class AdapterFolders:
    """Files of adapters on this machine; the oldest go when there are too many. For one event loop."""

    def __init__(self, files: ModelFiles, attachments: Attachments) -> None:
        self._files = files
        self._attachments = attachments
        self._known: dict[ModelKey, asyncio.Task[Path | None]] = {}

    async def folder_of(self, model: FoundModel) -> Path | None:
        """The files of an adapter that can work on its base beside others; None: it is no adapter, or must be merged.

        Raises:
            UnsafeWeights, UnusableModel, StorageFull: see `ModelFiles.bring`.
        """
        ids = (model.repo_id, model.base_id or "")
        if model.key.base is None or model.task != _TASK or any(self._attachments.of(one) for one in ids):
            return None
        found = self._known.pop(model.key, None)
        if found is None or (found.done() and (found.cancelled() or found.exception() is not None)):
            found = asyncio.create_task(asyncio.to_thread(self._bring, model))
        self._known[model.key] = found
        if len(self._known) > _MOST_FOLDERS:
            await self._remove(next(iter(self._known)))
        return await asyncio.shield(found)

    async def _remove(self, key: ModelKey) -> None:
        oldest = self._known.pop(key)
        folder = await asyncio.shield(oldest) if not oldest.cancelled() and oldest.exception() is None else None
        if folder is not None:
            await asyncio.to_thread(LocalModel(folder, 0).remove)

    def _bring(self, model: FoundModel) -> Path | None:
        local = self._files.bring_adapter(model)
        if Adapter(local.folder).is_thin:
            return local.folder
        local.remove()
        return None


@dataclass(frozen=True)
class Adapted:
    """A base with an adapter; a `LoadedModel`, which is loaded and unloaded as the base."""

    base: LoadedModel
    folder: Path

    async def predict(self, question: Question) -> Answer:
        """See `LoadedModel.predict`."""
        return await self.base.predict(replace(question, adapter=str(self.folder)))

    async def stream(self, question: Question) -> AsyncGenerator[bytes, None]:
        """See `LoadedModel.stream`."""
        async with aclosing(self.base.stream(replace(question, adapter=str(self.folder)))) as chunks:
            async for chunk in chunks:
                yield chunk

    def status(self) -> ModelStatus:
        """See `LoadedModel.status`."""
        return self.base.status()

    async def unload(self) -> None:
        """See `LoadedModel.unload`."""
        await self.base.unload()
