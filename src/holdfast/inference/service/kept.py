"""One model in the keeper's books."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from holdfast.backends.engines.protocol import LoadedModel, ModelState
from holdfast.inference.domain.deployments import Deployment, DeploymentState, FoundModel
from holdfast.inference.service.opening import Opening

_SHORTEST_WAIT_SECONDS = 1
_LONGEST_WAIT_SECONDS = 60


@dataclass
class Pace:
    """How fast a model answers, as an average of which the newest answers count most."""

    seconds: float = 1.0
    """Per answer, when many are given at once."""

    def note(self, took_seconds: float, together: int) -> None:
        """An answer took so long, while so many were waiting."""
        self.seconds += 0.1 * (took_seconds / max(1, together) - self.seconds)

    def retry_after(self, waiting: int) -> int:
        """Seconds until half of those who wait now will have been served."""
        return max(_SHORTEST_WAIT_SECONDS, min(_LONGEST_WAIT_SECONDS, round(self.seconds * waiting / 2)))


@dataclass
class Kept:
    """A model that is loaded, will be, or could not be.

    Args:
        began_at: when loading began.
        users: requests that wait for it or its answers.
        is_outdated: its repo has a newer commit, whose model is loaded.
        is_admitted: there is room for it in memory.
        failed_at: when loading failed.
        failed_for: seconds for which it makes no sense to try again.
        adapters: those that have worked on it since it was loaded, by their repos.
    """

    model: FoundModel
    began_at: float
    used_at: float = 0.0
    users: int = 0
    is_outdated: bool = False
    is_admitted: bool = False
    opening: Opening | None = None
    loading: asyncio.Task[LoadedModel] | None = None
    loaded: LoadedModel | None = None
    loaded_at: float | None = None
    failed_at: float | None = None
    failed_for: float = 0.0
    state_after: DeploymentState | None = None
    pace: Pace = field(default_factory=Pace)
    adapters: dict[int, FoundModel] = field(default_factory=dict)

    @property
    def memory_bytes(self) -> int:
        """What it takes; before it is loaded, what it is thought to take."""
        expected = self.opening.expected_bytes if self.opening else 0
        if self.loaded is None:
            return expected
        return self.loaded.status().memory_bytes

    @property
    def holds_memory(self) -> bool:
        """Whether it takes memory, or is about to."""
        return self.failed_at is None and self.is_admitted

    @property
    def is_settled(self) -> bool:
        """Whether loading has come to an end, good or bad."""
        return self.loading is not None and self.loading.done()

    def is_over(self, now: float) -> bool:
        """Whether it must be loaded anew: its process is gone, or it failed some time ago."""
        if self.failed_at is not None:
            return now - self.failed_at > self.failed_for
        return self.loaded is not None and self.loaded.status().state is ModelState.GONE

    def seconds_left(self, now: float) -> float:
        """How long loading will still take, as far as can be told."""
        expected = self.opening.expected_seconds if self.opening else 20.0
        return round(max(1.0, expected - (now - self.began_at)), 1)

    def as_deployment(self, *, is_pinned: bool) -> Deployment:
        """What others may know of it."""
        status = self.loaded.status() if self.loaded else None
        return Deployment(
            model=self.model,
            state=self._state(),
            memory_bytes=self.memory_bytes,
            waiting=self.users,
            is_pinned=is_pinned,
            loaded_at=self.loaded_at,
            used_at=self.used_at,
            facts=status.facts if status else {},
            problem=self._problem(),
        )

    def _state(self) -> DeploymentState:
        if self.state_after is not None:
            return self.state_after
        if self.failed_at is not None or (self.loaded and self.loaded.status().state is ModelState.GONE):
            return DeploymentState.FAILED
        return DeploymentState.LOADING if self.loaded is None else DeploymentState.READY

    def _problem(self) -> str:
        if self.loaded is not None:
            return self.loaded.status().ended_by
        if self.failed_at is not None and self.loading is not None and self.loading.done():
            error = None if self.loading.cancelled() else self.loading.exception()
            return str(error) if error else ""
        return ""
