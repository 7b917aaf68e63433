"""Models that are served: which, in what state, within which limits. Pure words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


@dataclass(frozen=True)
class ModelKey:
    """What is loaded once: a task with the files of a repo at a commit; of an adapter, on its base at a commit."""

    repo_key: int
    commit_oid: str
    task: str
    base: tuple[int, str] | None = None


@dataclass(frozen=True)
class FoundModel:
    """A model that an actor may use.

    Args:
        key: what is loaded.
        repo_id: as its owner writes it.
        base_id: of an adapter: the repo of the model that it changes.
        asked: the task of the question, which the loaded model answers beside its own; empty: its own.
    """

    key: ModelKey
    repo_id: str
    base_id: str | None = None
    asked: str = ""

    @property
    def task(self) -> str:
        """What it is loaded for."""
        return self.key.task

    @property
    def base(self) -> FoundModel | None:
        """The model that it changes, for the same question; None: it changes none."""
        if self.key.base is None or self.base_id is None:
            return None
        return FoundModel(ModelKey(*self.key.base, self.key.task), self.base_id, asked=self.asked)


class DeploymentState(Enum):
    """From the first request to the last."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"
    UNLOADING = "unloading"


@dataclass(frozen=True)
class Limits:
    """How much models may take, and how long things may last.

    Args:
        memory_bytes: of all models together.
        model_memory_bytes: of one model; None: as much as all of them.
        waiting: questions that may wait for one model.
        idle_seconds: after so long without questions a model is unloaded; 0 means never.
        wait_seconds: how long a request waits for a model that is being loaded, if its client does not say.
        load_seconds: how long loading may take.
        answer_seconds: how long a model may be silent while it has questions.
    """

    memory_bytes: int
    waiting: int = 256
    idle_seconds: float = 900.0
    wait_seconds: float = 60.0
    load_seconds: float = 600.0
    answer_seconds: float = 300.0
    model_memory_bytes: int | None = None

    @property
    def most_model_bytes(self) -> int:
        """What one model may take at most."""
        return min(self.memory_bytes, self.model_memory_bytes or self.memory_bytes)


@dataclass(frozen=True)
class Deployment:
    """A model that is served, as seen from outside.

    Args:
        memory_bytes: what it takes, or will take as far as can be told.
        waiting: requests that have no answer yet.
        facts: device, dtype and the like; empty until it is loaded.
        problem: why it FAILED.
    """

    model: FoundModel
    state: DeploymentState
    memory_bytes: int
    waiting: int
    is_pinned: bool
    loaded_at: float | None
    used_at: float
    facts: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
