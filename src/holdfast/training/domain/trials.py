"""Trials and the board that shows them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any


class Status(Enum):
    """How a trial ended."""

    OK = "ok"
    PRUNED = "pruned"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Plan:
    """A trial that a trainer proposes.

    Args:
        family: of models, such as `logistic-regression`.
        parameters: as its library names them; plain values.
        rung: of the ladder, from 0.
        expected_seconds: how long it will take; None where nothing is known yet. The search skips what can't pay, and
            ends a trial that takes more than three times as long (and more than five seconds longer). Infinity: it
            can't be made, and `reason` says why.
        reason: why it is tried now, in words for the board.
        limit_seconds: it is ended after so long; None means what is left of the budget.
    """

    family: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    rung: int = 0
    expected_seconds: float | None = None
    reason: str = ""
    limit_seconds: float | None = None


@dataclass(frozen=True)
class Outcome:
    """What a fitted trial gives back from its process: no model, only what is known about it.

    Args:
        score: on rows that it was not fitted on, by the run's metric; NaN counts as a failure.
        standard_error: of the score over folds or rows; None where there is but one number.
        metrics: others, by name.
        predictions: out of fold, for ensembles: array (rows, classes) or (rows,); None where there are none.
        predict_ms_per_row: measured.
        size_bytes: of the fitted model; None where it was not kept.
        curve: metric by step, for the live page: `{"loss": [(step, value), …]}`.
        kept: name of a folder in the trial's own place that `finish` may take up; None where nothing was kept.
    """

    score: float
    standard_error: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    predictions: Any = None
    predict_ms_per_row: float | None = None
    size_bytes: int | None = None
    curve: Mapping[str, Sequence[tuple[int, float]]] = field(default_factory=dict)
    kept: str | None = None


@dataclass(frozen=True)
class Trial:
    """A line of the board.

    Args:
        number: from 0, in the order in which they began.
        reason: why it failed, was pruned or skipped, in plain words; empty otherwise.
        seconds: of wall time.
    """

    number: int
    plan: Plan
    status: Status
    seconds: float
    outcome: Outcome | None = None
    reason: str = ""


@dataclass(frozen=True)
class Metric:
    """What trials are compared by.

    Args:
        name: such as `roc_auc`.
        greater_is_better: whether a higher score wins.
    """

    name: str
    greater_is_better: bool

    def better(self, score: float, other: float) -> bool:
        """Whether the first score beats the second; NaN never does."""
        if math.isnan(score) or math.isnan(other):
            return math.isnan(other) and not math.isnan(score)
        return score > other if self.greater_is_better else score < other


@dataclass
class Board:
    """All trials of a run so far.

    Args:
        metric: that they are compared by.
        folder: below which each trial has its own.
    """

    metric: Metric
    trials: list[Trial] = field(default_factory=list)
    folder: Path = Path()

    def folder_of(self, trial: Trial) -> Path:
        """Where a trial kept what it kept."""
        return self.folder / f"{trial.number:04d}"

    def finished(self) -> list[Trial]:
        """Trials with a score, best first."""
        done = [trial for trial in self.trials if trial.status is Status.OK and trial.outcome]
        sign = -1 if self.metric.greater_is_better else 1
        return sorted(done, key=lambda trial: (sign * _score(trial), trial.number))

    @property
    def best(self) -> Trial | None:
        """The best so far; None while there is none."""
        return next(iter(self.finished()), None)


def first_of_each_family(trials: Sequence[Trial]) -> list[Trial]:
    """The first trial of every family, in their order: the best ones, of trials that come best first."""
    found: dict[str, Trial] = {}
    for trial in trials:
        found.setdefault(trial.plan.family, trial)
    return list(found.values())


def _score(trial: Trial) -> float:
    assert trial.outcome is not None
    return trial.outcome.score
