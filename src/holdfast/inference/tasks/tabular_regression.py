"""tabular-regression: a number for each row of a table, by a model of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.base.errors import UnusableModel
from holdfast.inference.domain.kinds import Either, ListOf, Number
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.domain.tables import TABLE_INPUT
from holdfast.inference.runtime.estimators import PLACEMENT, Estimator, load_estimator

SPEC = TaskSpec(
    name="tabular-regression",
    summary="Estimates a number for each row of a table.",
    inputs=TABLE_INPUT,
    output=Either((ListOf(Number()), ListOf(ListOf(Number()))), "numbers"),
    batches=False,
)


class TabularRegression(Predictor):
    """A fitted regressor; one with several targets gives a list for each row."""

    spec = SPEC

    def __init__(self, estimator: Estimator) -> None:
        self.placement = PLACEMENT
        self._estimator = estimator

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        return self._estimator.prepare(inputs, parameters)

    def run(self, items: Sequence[Item]) -> list[Any]:
        return [self._estimator.call("predict", item.rows[0]).astype(float).tolist() for item in items]


def load(folder: Path, wish: Wish) -> TabularRegression:  # noqa: ARG001 - always on the CPU
    """Load a regressor. See `tasks.load` for errors."""
    estimator = load_estimator(folder)
    if not estimator.can("predict") or estimator.can("classes_"):
        raise UnusableModel(problem="it is not a fitted regressor")
    return TabularRegression(estimator)
