"""A trial's score: a model fitted on some folds and judged on the others."""

from __future__ import annotations

import pickle
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from holdfast.training import scores
from holdfast.training.domain.trials import Metric, Outcome
from holdfast.training.splitting import Parts
from holdfast.training.trainers.interface import Place
from holdfast.training.trainers.tabular import columns as encodings
from holdfast.training.trainers.tabular.boosters import Booster, unwrap
from holdfast.training.trainers.tabular.calibration import Calibration, learn
from holdfast.training.trainers.tabular.columns import Columns
from holdfast.training.trainers.tabular.families import FAMILIES
from holdfast.training.trainers.tabular.targets import LogTarget

Array = np.ndarray[Any, Any]

_DRAWS = 40
OURS = ("scaler", "log_target")
"""Parameters that are not the model's own."""


@dataclass(frozen=True)
class Table:
    """Rows that trials are fitted and judged on.

    Args:
        inputs: (rows, columns).
        answers: (rows,), str or float.
        columns: by kind.
        labels: of classification; None for numbers.
        folds: positions to fit on and to judge on.
        metric: that decides.
    """

    inputs: pd.DataFrame
    answers: Array
    columns: Columns
    labels: tuple[str, ...] | None
    folds: list[Parts]
    metric: Metric

    @property
    def judged(self) -> Array:
        """Positions of all rows that are judged, in the order of a trial's predictions."""
        return np.concatenate([there for _here, there in self.folds])

    @property
    def growth(self) -> float:
        """How many times the rows of one fit there are in all."""
        return len(self.inputs) / len(self.folds[0][0])

    def metrics(self, truth: Array, predictions: Array) -> dict[str, float]:
        """All metrics of some predictions: (rows, labels) or (rows,)."""
        if self.labels is None:
            return scores.of_numbers(truth, predictions)
        return scores.of_labels(truth, predictions, self.labels)

    def score(self, truth: Array, predictions: Array) -> float:
        """The metric that decides; NaN where it can't be computed."""
        if self.labels is None:
            found = scores.of_numbers(truth, predictions)
        else:
            found = scores.of_labels(truth, predictions, self.labels, only=self.metric.name)
        return found.get(self.metric.name, float("nan"))


@dataclass(frozen=True)
class Fitted:
    """A model with its columns' steps, as it predicts while trials run."""

    steps: Any
    model: Any
    labels: tuple[str, ...] | None

    def predict(self, inputs: pd.DataFrame) -> Array:
        """(rows, labels) of probabilities, or (rows,) of numbers."""
        encoded = self.steps.transform(inputs)
        if self.labels is None:
            return np.asarray(self.model.predict(encoded), dtype=float)
        given = np.asarray(self.model.predict_proba(encoded))
        found = np.zeros((len(inputs), len(self.labels)))
        found[:, np.searchsorted(np.asarray(self.labels), np.asarray(self.model.classes_, dtype=str))] = given
        return found

    def kept(self) -> Pipeline:
        """As it is served."""
        return Pipeline([("columns", self.steps), ("model", unwrap(self.model))])


def fit_one(
    table: Table, family: str, parameters: Mapping[str, Any], seed: int, here: Array, there: Array | None = None
) -> Fitted:
    """Fit on some rows; `there` are rows that boosters may stop by."""
    kind = FAMILIES[family]
    own = {name: value for name, value in parameters.items() if name not in OURS}
    steps = _steps(kind.encoding, table.columns, parameters)
    answers = table.answers[here]
    encoded = steps.fit_transform(table.inputs.iloc[here], answers)
    model = kind.make(own, seed, len(table.labels or ()))
    if parameters.get("log_target"):
        model = LogTarget(model)
    if isinstance(model, (Booster, LogTarget)):
        judges = None if there is None else (steps.transform(table.inputs.iloc[there]), table.answers[there])
        model.fit(encoded, answers, judges)
    else:
        model.fit(encoded, answers)
    return Fitted(steps, model, table.labels)


def _steps(encoding: str, columns: Columns, parameters: Mapping[str, Any]) -> Any:
    if encoding == "scaled":
        return encodings.scaled(columns, parameters.get("scaler", "standard"))
    return encodings.untouched() if encoding == "untouched" else encodings.ordered(columns)


def judge(table: Table, family: str, parameters: Mapping[str, Any], place: Place) -> Outcome:
    """Fit and judge on each fold in turn, telling the mean after each."""
    found = _Course(table)
    for here, there in table.folds:
        began = time.perf_counter()
        fitted = fit_one(table, family, parameters, place.seed, here, there)
        found.fit_seconds.append(time.perf_counter() - began)
        began = time.perf_counter()
        found.take(fitted.predict(table.inputs.iloc[there]), there)
        found.predict_seconds += time.perf_counter() - began
        if (rounds := getattr(fitted.model, "rounds", None)) is not None:
            found.rounds.append(rounds)
        place.tell({"step": len(found.scores), "score": found.mean})
    return found.outcome(fitted)


class _Course:
    """A trial's way through the folds."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._predictions: list[Array] = []
        self._truth: list[Array] = []
        self._curve: list[tuple[int, float]] = []
        self._calibration = Calibration()
        self.scores: list[float] = []
        self.fit_seconds: list[float] = []
        self.predict_seconds = 0.0
        self.rounds: list[int] = []

    def take(self, predictions: Array, there: Array) -> None:
        """A fold's predictions; all folds so far are then calibrated alike and scored."""
        self._predictions.append(predictions)
        self._truth.append(self._table.answers[there])
        self._calibration = self._learned()
        pairs = zip(self._truth, self._predictions, strict=True)
        self.scores = [self._table.score(truth, self._calibrated(given)) for truth, given in pairs]
        self._curve.append((len(self.scores), self.mean))

    def _learned(self) -> Calibration:
        if self._table.labels is None:
            return Calibration()
        codes = np.searchsorted(np.asarray(self._table.labels), np.concatenate(self._truth))
        return learn(np.concatenate(self._predictions), codes)

    def _calibrated(self, given: Array) -> Array:
        return given if self._table.labels is None else self._calibration.apply(given)

    @property
    def mean(self) -> float:
        known = [score for score in self.scores if np.isfinite(score)]
        return float(np.mean(known)) if known else float("nan")

    def outcome(self, last: Fitted) -> Outcome:
        truth, predictions = np.concatenate(self._truth), self._calibrated(np.concatenate(self._predictions))
        metrics = self._table.metrics(truth, predictions) | {"fit_seconds": float(np.mean(self.fit_seconds))}
        if self.rounds:
            metrics["rounds"] = float(np.mean(self.rounds))
        if self._table.labels is not None:
            metrics |= {"doubt": self._calibration.doubt, "sharpness": self._calibration.sharpness}
        return Outcome(
            score=self.mean,
            standard_error=self._error(truth, predictions),
            metrics=metrics,
            predictions=predictions.astype(np.float32 if self._table.labels else np.float64),
            predict_ms_per_row=1_000 * self.predict_seconds / len(truth),
            size_bytes=_size_of(last, metrics) if isinstance(last.model, Booster) else len(pickle.dumps(last.model)),
            curve={"score": self._curve},
        )

    def _error(self, truth: Array, predictions: Array) -> float:
        """Over the folds; over rows drawn again and again where there is but one."""
        if len(self.scores) > 1:
            return float(np.nanstd(self.scores, ddof=1) / np.sqrt(len(self.scores)))
        random = np.random.default_rng(0)
        draws = [random.integers(0, len(truth), len(truth)) for _ in range(_DRAWS)]
        return float(np.nanstd([self._table.score(truth[rows], predictions[rows]) for rows in draws]))


def calibration_of(outcome: Outcome) -> Calibration:
    """How a trial's predictions were calibrated."""
    return Calibration(outcome.metrics.get("doubt", 0.0), outcome.metrics.get("sharpness", 1.0))


_BYTES_OF_A_NODE = 70


def _size_of(fitted: Fitted, metrics: Mapping[str, float]) -> int:
    """Roughly, as it will be kept: boosters are written as scikit-learn's only at the end."""
    trees = metrics["rounds"] * (len(fitted.labels) if fitted.labels and len(fitted.labels) > 2 else 1)
    return int(trees * 2 * fitted.model.leaves * _BYTES_OF_A_NODE)
