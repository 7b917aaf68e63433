"""anomaly-detection: which rows of a table are unlike those that the model was fitted with, by scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.base.errors import UnusableModel
from holdfast.inference.domain.kinds import Field, Flag, ListOf, Number, Record
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.domain.tables import TABLE_INPUT
from holdfast.inference.runtime.estimators import PLACEMENT, Estimator, load_estimator

SPEC = TaskSpec(
    name="anomaly-detection",
    summary="Finds rows of a table that are unlike the others.",
    inputs=TABLE_INPUT,
    output=ListOf(
        Record(
            {
                "is_anomaly": Field(Flag(), required=True),
                "score": Field(Number(), "How unlike; above 0 is an anomaly.", required=True),
            }
        )
    ),
    batches=False,
)


class AnomalyDetection(Predictor):
    """A fitted detector (isolation forest, one-class SVM, local outlier factor for new rows …)."""

    spec = SPEC

    def __init__(self, estimator: Estimator) -> None:
        self.placement = PLACEMENT
        self._estimator = estimator

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        return self._estimator.prepare(inputs, parameters)

    def run(self, items: Sequence[Item]) -> list[Any]:
        return [self._answer(item.rows[0]) for item in items]

    def _answer(self, frame: Any) -> list[dict[str, Any]]:
        scores = (-self._estimator.call("decision_function", frame)).ravel().tolist()
        return [{"is_anomaly": score > 0, "score": score} for score in scores]


def load(folder: Path, wish: Wish) -> AnomalyDetection:  # noqa: ARG001 - always on the CPU
    """Load a detector. See `tasks.load` for errors."""
    estimator = load_estimator(folder)
    if not estimator.can("decision_function") or estimator.can("classes_"):
        raise UnusableModel(problem="it is not a detector of anomalies that can judge new rows")
    return AnomalyDetection(estimator)
