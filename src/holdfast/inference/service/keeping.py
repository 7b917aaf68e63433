"""Keeps models in memory: loads each once, makes room for others, lets go of what nobody asks.

Everything here happens on one event loop; only files are touched in threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace

from holdfast.backends.engines.protocol import LoadedModel
from holdfast.base.errors import HoldfastError, ModelBusy, ModelFailed, ModelLoading, Overloaded, UnusableModel
from holdfast.inference.domain.deployments import Deployment, DeploymentState, FoundModel, Limits, ModelKey
from holdfast.inference.service.adapting import Adapted
from holdfast.inference.service.kept import Kept
from holdfast.inference.service.opening import ModelOpener

logger = logging.getLogger("holdfast.inference")

LOOK_SECONDS = 1.0
FAILURE_SECONDS = 600.0
"""For so long a model whose files are no good for a task is not tried again: a commit's files never change, and each
trial costs a process and seconds of CPU, which strangers could otherwise ask for again and again."""
TROUBLE_SECONDS = 2.0
"""The same for one that failed by bad luck: no room, a server that is not there."""
_GIBIBYTE = 1024**3
_MEMORY_SETTINGS = {True: "HOLDFAST_INFERENCE_MEMORY_BYTES", False: "HOLDFAST_INFERENCE_MODEL_MEMORY_BYTES"}


class ModelKeeper:
    """All models of one server.

    Args:
        opener: loads models.
        limits: what they may take.
        is_pinned: whether a repo's models stay loaded.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        opener: ModelOpener,
        limits: Limits,
        is_pinned: Callable[[FoundModel], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._opener = opener
        self._limits = limits
        self._is_pinned = is_pinned
        self._clock = clock
        self._kept: dict[ModelKey, Kept] = {}
        self._admission = asyncio.Lock()
        self._reaper: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def borrow(self, model: FoundModel, wait_seconds: float | None) -> AsyncIterator[LoadedModel]:
        """A loaded model, for one question; it stays loaded for as long as the block lasts.

        Adapters work on their base, beside each other, where they can.

        Args:
            model: which.
            wait_seconds: how long to wait while it is being loaded; None means as long as the limits say.

        Raises:
            ModelBusy: too many wait for it.
            ModelLoading: it took longer than the caller waits; loading goes on.
            UnusableModel, UnsafeWeights, NotInstalled, ModelFailed, Overloaded: it cannot be loaded.
        """
        folder = await self._opener.adapters.folder_of(model)
        base = model.base if folder is not None else None
        kept = self._find_or_begin(base or model)
        if kept.users >= self._limits.waiting:
            raise ModelBusy(waiting=kept.users, retry_after_seconds=kept.pace.retry_after(kept.users))
        kept.users += 1
        began = self._clock()
        try:
            loaded = await self._ready(kept, wait_seconds)
            if base is not None:
                kept.adapters[model.key.repo_key] = model
            yield loaded if folder is None else Adapted(loaded, folder)
        finally:
            kept.pace.note(self._clock() - max(began, kept.loaded_at or began), kept.users)
            kept.users -= 1
            kept.used_at = self._clock()

    def deployments(self) -> list[Deployment]:
        """Every model that is being served. What adapters take beside their base is counted as the base's."""
        found = []
        for kept in self._kept.values():
            own = kept.as_deployment(is_pinned=self._keeps(kept))
            found += [own, *(replace(own, model=one, memory_bytes=0, waiting=0) for one in kept.adapters.values())]
        return found

    def _keeps(self, kept: Kept) -> bool:
        return any(self._is_pinned(one) for one in (kept.model, *kept.adapters.values()))

    async def unload(self, key: ModelKey) -> None:
        """Let go of a model at once."""
        kept = self._kept.pop(key, None)
        if kept is not None:
            await self._let_go(kept)

    async def close(self) -> None:
        """Let go of all of them."""
        if self._reaper is not None:
            self._reaper.cancel()
        for key in list(self._kept):
            await self.unload(key)

    def _find_or_begin(self, model: FoundModel) -> Kept:
        kept = self._kept.get(model.key)
        if kept is not None and not kept.is_over(self._clock()):
            return kept
        if kept is not None and kept.opening is not None:
            kept.opening.remove_files()
        fresh = Kept(model, self._clock())
        self._kept[model.key] = fresh
        fresh.loading = asyncio.create_task(self._load(fresh))
        fresh.loading.add_done_callback(_look_at)
        if self._reaper is None or self._reaper.done():
            self._reaper = asyncio.create_task(self._reap())
        return fresh

    async def _ready(self, kept: Kept, wait_seconds: float | None) -> LoadedModel:
        assert kept.loading is not None
        if not kept.loading.done():
            wait = self._limits.wait_seconds if wait_seconds is None else wait_seconds
            await asyncio.wait([kept.loading], timeout=wait)
            if not kept.loading.done():
                left = kept.seconds_left(self._clock())
                raise ModelLoading(
                    model=kept.model.repo_id, estimated_seconds=left, retry_after_seconds=max(1, round(left))
                )
        if kept.loading.cancelled():
            raise ModelFailed(reason="it was unloaded while it was being loaded")
        return kept.loading.result()

    async def _load(self, kept: Kept) -> LoadedModel:
        try:
            kept.opening = await self._opener.prepare(kept.model)
            async with self._admission:
                await self._make_room(kept)
                kept.is_admitted = True
            loaded = await self._opener.load(kept.opening)
        except BaseException as error:
            is_its_own_fault = isinstance(error, HoldfastError) and error.status < 500
            kept.failed_at, kept.failed_for = self._clock(), FAILURE_SECONDS if is_its_own_fault else TROUBLE_SECONDS
            if kept.opening is not None:
                kept.opening.remove_files()
            if isinstance(error, HoldfastError):
                logger.warning("model %s (%s) was not loaded: %s", kept.model.repo_id, kept.model.task, error)
            raise
        kept.loaded, kept.loaded_at, kept.used_at = loaded, self._clock(), self._clock()
        self._outdate(kept)
        return loaded

    async def _make_room(self, wanted: Kept) -> None:
        """Let the least recently used idle models go until another one fits."""
        budget, needed, most = self._limits.memory_bytes, wanted.memory_bytes, self._limits.most_model_bytes
        if needed > most:
            which = "all models together" if most == budget else "one model"
            raise UnusableModel(
                problem=f"it takes about {needed / _GIBIBYTE:.1f} GiB of memory, and {which} may take here "
                f"{most / _GIBIBYTE:.1f} GiB ({_MEMORY_SETTINGS[most == budget]})"
            )
        others = [kept for kept in self._kept.values() if kept is not wanted and kept.holds_memory]
        idle = sorted((kept for kept in others if self._may_go(kept)), key=lambda kept: kept.used_at)
        while needed + sum(kept.memory_bytes for kept in others) > budget:
            if not idle:
                raise Overloaded(retry_after_seconds=10)
            oldest = idle.pop(0)
            others.remove(oldest)
            await self.unload(oldest.model.key)

    def _may_go(self, kept: Kept) -> bool:
        return kept.loaded is not None and not kept.users and not self._keeps(kept)

    def _outdate(self, newest: Kept) -> None:
        """Earlier commits of the same repo go as soon as nobody uses them."""
        for kept in self._kept.values():
            same = (kept.model.key.repo_key, kept.model.task) == (newest.model.key.repo_key, newest.model.task)
            kept.is_outdated = kept.is_outdated or (same and kept is not newest)

    async def _reap(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for kept in list(self._overdue()):
                await self.unload(kept.model.key)

    def _overdue(self) -> Iterable[Kept]:
        now, idle = self._clock(), self._limits.idle_seconds
        for kept in self._kept.values():
            if kept.users or not kept.is_settled:
                continue
            is_old = bool(idle) and now - kept.used_at > idle and not self._keeps(kept)
            if is_old or kept.is_outdated or kept.is_over(now):
                yield kept

    async def _let_go(self, kept: Kept) -> None:
        kept.state_after = DeploymentState.UNLOADING
        if kept.loading is not None and not kept.loading.done():
            kept.loading.cancel()
            with contextlib.suppress(asyncio.CancelledError, HoldfastError):
                await kept.loading
        if kept.loaded is not None:
            await kept.loaded.unload()
        if kept.opening is not None:
            await asyncio.to_thread(kept.opening.remove_files)


def _look_at(task: asyncio.Task[LoadedModel]) -> None:
    """Whoever waits is told of an error; if nobody waits any more, it is no news to asyncio either."""
    if not task.cancelled():
        task.exception()
