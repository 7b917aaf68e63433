"""Classifiers judged on rows held out once: what pictures, sounds and sequences share.

A family is a function `Work → Fitted` that learns from some rows, writes a folder that inference serves, and says what
it thinks of the others. Dimensions: N rows, B of those judged, L labels.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Board, Outcome, Plan, Trial
from holdfast.training.learning.families import asked_for
from holdfast.training.learning.publishing import strip_unsafe, take_up
from holdfast.training.learning.scores import standard_error
from holdfast.training.scores import of_labels
from holdfast.training.splitting import folds
from holdfast.training.trainers.interface import Clock, Place, TrialFailed

Array = np.ndarray[Any, Any]
_PARTS = 5
_FOR_LEARNING = 0.75
"""Of the time there is; the rest is for judging and writing."""
_SHORTEST = 0.5
_USUAL_METRIC = "macro_f1"
_FACTS = "facts.json"
"""Of a trial, beside its model: what the report says of a model that was taken as its trial left it."""


@dataclass(frozen=True)
class Work:
    """What a family has to do.

    Args:
        learned: indexes of rows to learn from.
        judged: indexes of rows to give scores to; empty when the model is made for good.
        parameters: of the plan.
        folder: to write the model to; exists, and is empty.
        tell: see `Place`.
        seed: of everything random.
        until: moment of `time.monotonic` at which learning must end; None means that the parameters decide.
    """

    learned: Array
    judged: Array
    parameters: Mapping[str, Any]
    folder: Path
    tell: Callable[[Mapping[str, Any]], None]
    seed: int
    until: float | None = None

    @property
    def seconds(self) -> float | None:
        """What is left to learn; a little at least, so that there is a model. None where the parameters decide."""
        return None if self.until is None else max(_SHORTEST, self.until - time.monotonic())


@dataclass(frozen=True)
class Fitted:
    """What came of it.

    Args:
        scores: of the judged rows: B × L, lines sum to one.
        curve: figures by step.
        explanation: facts for the report.
        epochs: times that every row was seen; None where that means nothing.
    """

    scores: Array
    curve: Mapping[str, list[tuple[int, float]]] = field(default_factory=dict)
    explanation: Mapping[str, Any] = field(default_factory=dict)
    epochs: float | None = None


Family = Callable[[Work], Fitted]


class HoldoutClassifier:
    """Fits families and scores them, always on the same rows.

    Args:
        data: rows; groups stay together, and what is later is judged, as in every part of a run.
        spec: with its metric named.
        families: by name.

    Raises:
        InvalidInput: the spec names a family that there is not.
    """

    def __init__(self, data: TrainingData, spec: TrainingSpec, families: Mapping[str, Family]) -> None:
        asked_for(spec.candidates, families)
        self.labels = labels_of(data)
        self.truth_N = truth_of(data)
        self._families = families
        self._metric = spec.metric or _USUAL_METRIC
        self._seed = spec.seed
        target = data.columns["target"]
        found = folds(data.train, _PARTS, spec.seed, target=target, groups=data.groups, order=data.order)
        self.learned, self.judged = found[0]

    def fit(self, plan: Plan, place: Place) -> Outcome:
        """Fit a plan and score it."""
        model = place.folder / "model"
        model.mkdir(parents=True, exist_ok=True)
        until = None if plan.limit_seconds is None else time.monotonic() + plan.limit_seconds * _FOR_LEARNING
        work = Work(self.learned, self.judged, plan.parameters, model, place.tell, self._seed, until)
        fitted = self._families[plan.family](work)
        strip_unsafe(model)
        (place.folder / _FACTS).write_text(json.dumps(dict(fitted.explanation)), encoding="utf-8")
        names, truth = np.array(self.labels), self.truth_N[self.judged]
        metrics = of_labels(names[truth], fitted.scores, self.labels)
        if fitted.epochs is not None:
            metrics["epochs"] = fitted.epochs
        return Outcome(
            score=metrics.get(self._metric, float("nan")),
            standard_error=standard_error(self._metric, names[truth], fitted.scores, self.labels),
            metrics=metrics,
            size_bytes=sum(path.stat().st_size for path in model.rglob("*") if path.is_file()),
            curve=fitted.curve,
            kept="model",
        )

    def finish(self, board: Board, folder: Path, clock: Clock) -> tuple[Trial, Mapping[str, Any]]:
        """Make the best model for good: from all rows if there is time, else as its trial left it.

        Raises:
            TrialFailed: no trial has a score.
        """
        best = board.best
        if best is None or best.outcome is None:
            raise TrialFailed("no trial came to a score, so there is no model")
        everything = len(self.truth_N) / max(1, len(self.learned))
        if best.seconds * everything * 1.3 > clock.left():
            trial = board.folder_of(best)
            take_up(trial / str(best.outcome.kept), folder)
            facts = json.loads((trial / _FACTS).read_text(encoding="utf-8"))
            return best, {"learned_from": "the rows of its trial: there was no time to learn from all", **facts}
        nothing = np.array([], int)
        folder.mkdir(parents=True, exist_ok=True)
        rows, until = np.arange(len(self.truth_N)), time.monotonic() + clock.left() * _FOR_LEARNING
        work = Work(rows, nothing, _as_long(best), folder, _silent, self._seed, until)
        fitted = self._families[best.plan.family](work)
        strip_unsafe(folder)
        return best, {"learned_from": "all rows", **fitted.explanation}


def _as_long(best: Trial) -> Mapping[str, Any]:
    """Parameters of a trial, with the epochs that it came to."""
    epochs = best.outcome.metrics.get("epochs") if best.outcome else None
    return best.plan.parameters if epochs is None else {**best.plan.parameters, "epochs": math.ceil(epochs)}


def labels_of(data: TrainingData) -> tuple[str, ...]:
    """Labels, sorted as the model will have them."""
    return data.labels or tuple(sorted({str(value) for value in data.train[data.columns["target"]]}))


def truth_of(data: TrainingData) -> Array:
    """The number of each row's label: N."""
    numbers = {label: index for index, label in enumerate(labels_of(data))}
    return np.array([numbers[str(value)] for value in data.train[data.columns["target"]]])


def _silent(_figures: Mapping[str, Any]) -> None:
    """Nobody waits for figures of the last fit."""


def seconds_of(board: Board, family: str) -> float | None:
    """What the family's first finished trial took; None: there is none."""
    done = [trial for trial in board.finished() if trial.plan.family == family]
    return min(done, key=lambda trial: trial.number).seconds if done else None
