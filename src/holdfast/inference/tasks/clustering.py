"""clustering: which group each row of a table belongs to, by a model of scikit-learn that can place new rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.base.errors import UnusableModel
from holdfast.inference.domain.kinds import Field, Integer, ListOf, Number, Record
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.domain.tables import TABLE_INPUT
from holdfast.inference.runtime.estimators import PLACEMENT, Estimator, load_estimator

SPEC = TaskSpec(
    name="clustering",
    summary="Puts each row of a table into a group.",
    inputs=TABLE_INPUT,
    output=ListOf(
        Record(
            {
                "cluster": Field(Integer(-1), "The group's number.", required=True),
                "distance": Field(Number(0), "From the group's centre, where the model has centres."),
            }
        )
    ),
    batches=False,
)


class Clustering(Predictor):
    """A fitted clusterer (k-means, mixtures, birch …)."""

    spec = SPEC

    def __init__(self, estimator: Estimator) -> None:
        self.placement = PLACEMENT
        self._estimator = estimator
        last = estimator.model[-1] if hasattr(estimator.model, "steps") else estimator.model
        self._has_centers = hasattr(last, "cluster_centers_") and estimator.can("transform")

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        return self._estimator.prepare(inputs, parameters)

    def run(self, items: Sequence[Item]) -> list[Any]:
        return [self._answer(item.rows[0]) for item in items]

    def _answer(self, frame: Any) -> list[dict[str, Any]]:
        clusters = self._estimator.call("predict", frame).tolist()
        if not self._has_centers:
            return [{"cluster": cluster} for cluster in clusters]
        distances = self._estimator.call("transform", frame)
        return [
            {"cluster": cluster, "distance": float(line[cluster])}
            for cluster, line in zip(clusters, distances, strict=True)
        ]


def load(folder: Path, wish: Wish) -> Clustering:  # noqa: ARG001 - always on the CPU
    """Load a clusterer. See `tasks.load` for errors."""
    estimator = load_estimator(folder)
    if not estimator.can("predict") or estimator.can("classes_"):
        raise UnusableModel(problem="it is not a clusterer that can place new rows (KMeans, GaussianMixture, Birch …)")
    return Clustering(estimator)
