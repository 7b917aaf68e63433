"""What the search and a trainer owe each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from holdfast.training.domain.artefacts import Artefact
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.trials import Board, Metric, Outcome, Plan


class TrialFailed(Exception):
    """A trial can't be done; the message is a plain reason for the board."""


class Pruned(Exception):
    """A trial can't win any more. Raised by `Place.tell`, passed on by trainers, caught by the search."""


@dataclass(frozen=True)
class TaskPlan:
    """A task as a trainer does it.

    Args:
        task: its id.
        summary: one plain sentence.
        roles: columns that it needs, by role, with what they hold; optional ones end in `?`.
        metrics: that it can go by; the first is the default.
        serves: the task that answers with the result, where it has another name (few-shot is served as
            text-classification).
        default: name of the metric for data where the first is not the right one; None: always the first.
    """

    task: str
    summary: str
    roles: Mapping[str, str]
    metrics: tuple[Metric, ...]
    serves: str | None = None
    default: Callable[[TrainingData], str] | None = None


class Clock(Protocol):
    """How much of the budget is left."""

    def left(self) -> float:
        """Seconds until the search must end; never negative. What refit and report need is taken off already."""
        ...

    def elapsed(self) -> float:
        """Seconds since the run began."""
        ...

    def keep_back(self, seconds: float) -> None:
        """Say how long `finish` will take, once that is known; until then a share of the budget is kept for it."""
        ...


@dataclass(frozen=True)
class Place:
    """Where a trial works and how it tells of its progress.

    Args:
        folder: its own, kept while the run lasts; what `Outcome.kept` names lies here.
        tell: takes a step's figures, such as `{"step": 10, "loss": 0.7}`; with `score` (by the run's metric) among them
            it raises `Pruned` where the trial can't win any more.
        seed: of this trial.
    """

    folder: Path
    tell: Callable[[Mapping[str, Any]], None]
    seed: int = 0


class Trainer(Protocol):
    """Proposes trials, fits them, and makes the model."""

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:
        """Trials to make, cheap and certain first; each `next` may look at what the board says by then."""
        ...

    def fit(self, plan: Plan, place: Place) -> Outcome:
        """Fit one and score it on rows that it did not see. Runs in a process of its own.

        Raises:
            TrialFailed: it can't be done, with a plain reason. What libraries raise is translated by the search.
        """
        ...

    def finish(self, board: Board, folder: Path, clock: Clock) -> Artefact:
        """Refit the best on all training rows (or take up what its trial kept), calibrate, explain, write it."""
        ...


__all__ = ["Artefact", "Clock", "Place", "Pruned", "TaskPlan", "Trainer", "TrialFailed"]
