"""tabular-classification: a label for each row of a table, by a model of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.base.errors import InvalidInput, UnusableModel
from holdfast.inference.domain.kinds import Cell, Either, Field, Flag, ListOf, Record
from holdfast.inference.domain.labels import SCORED_LABELS
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.domain.tables import TABLE_INPUT
from holdfast.inference.runtime.estimators import PLACEMENT, Estimator, load_estimator

SPEC = TaskSpec(
    name="tabular-classification",
    summary="Gives each row of a table a label.",
    inputs=TABLE_INPUT,
    parameters=Record({"return_scores": Field(Flag(), "Give all labels with probabilities for each row.")}),
    output=Either((ListOf(Cell()), ListOf(SCORED_LABELS)), "labels"),
    batches=False,
)


class TabularClassification(Predictor):
    """A fitted classifier."""

    spec = SPEC

    def __init__(self, estimator: Estimator) -> None:
        self.placement = PLACEMENT
        self._estimator = estimator

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        if parameters.get("return_scores") and not self._estimator.can("predict_proba"):
            raise InvalidInput(
                field="parameters.return_scores", problem="is not possible: this model has no probabilities"
            )
        return self._estimator.prepare(inputs, parameters)

    def run(self, items: Sequence[Item]) -> list[Any]:
        return [self._answer(item) for item in items]

    def _answer(self, item: Item) -> list[Any]:
        frame = item.rows[0]
        if not item.parameters.get("return_scores"):
            labels: list[Any] = self._estimator.call("predict", frame).tolist()
            return labels
        names = [str(label) for label in self._estimator.model.classes_]
        return [_ranked(names, line) for line in self._estimator.call("predict_proba", frame).tolist()]


def _ranked(names: Sequence[str], scores: Sequence[float]) -> list[dict[str, Any]]:
    pairs = sorted(zip(names, scores, strict=True), key=lambda pair: -pair[1])
    return [{"label": name, "score": score} for name, score in pairs]


def load(folder: Path, wish: Wish) -> TabularClassification:  # noqa: ARG001 - always on the CPU
    """Load a classifier. See `tasks.load` for errors."""
    estimator = load_estimator(folder)
    if not estimator.can("classes_"):
        raise UnusableModel(problem="it is not a fitted classifier")
    return TabularClassification(estimator)
