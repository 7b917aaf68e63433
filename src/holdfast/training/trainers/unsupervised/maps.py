"""dimensionality-reduction: many columns as a map of two, and as few as keep what matters.

PCA is what is served: it places new rows too. t-SNE draws the clearer picture, of the rows that it was given only, so
its map is shown beside. UMAP is left out: its numba would be the heaviest dependency of all for a second picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness

from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Board, Outcome, Plan
from holdfast.training.trainers.interface import Artefact, Clock, Place, TrialFailed
from holdfast.training.trainers.unsupervised.features import Features, example, features_of, halves, wanted, write

Array = np.ndarray[Any, Any]

_SHOWN = 600
_JUDGED = 1_000
_TSNE_SECONDS = 8.0
_DIMENSIONS = (2, 3, 5, 10)


class MapTrainer:
    """See `Trainer`."""

    def __init__(self, data: TrainingData, spec: TrainingSpec) -> None:
        self._spec = spec
        self._features: Features = features_of(data, spec.seed)
        colour = data.columns.get("target")
        self._colours = (
            None if colour is None else data.train.loc[self._features.inputs.index, colour].astype(str).to_numpy()
        )
        wanted(spec, ("pca",))

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:  # noqa: ARG002 - as every trainer
        """See `Trainer.plans`."""
        for whiten in (False, True):
            for count in _DIMENSIONS:
                if count <= min(self._features.numbers.shape):
                    yield Plan(
                        "pca", {"n_components": count, "whiten": whiten}, reason=f"{count} columns instead of all"
                    )

    def fit(self, plan: Plan, place: Place) -> Outcome:
        """See `Trainer.fit`."""
        numbers = self._features.numbers
        first, second = halves(len(numbers), self._spec.seed)
        model = PCA(**plan.parameters, random_state=place.seed).fit(numbers[first])
        seen = numbers[second]
        score = trusted(seen, model.transform(seen))
        return Outcome(score, metrics={"explained_variance": float(model.explained_variance_ratio_.sum())})

    def finish(self, board: Board, folder: Path, clock: Clock) -> Artefact:
        """See `Trainer.finish`."""
        best = board.best
        if best is None:
            raise TrialFailed("no trial made a map")
        numbers = self._features.numbers
        model = PCA(**best.plan.parameters, random_state=self._spec.seed).fit(numbers)
        write(self._features, model, "dimensionality-reduction", folder)
        groups = None if self._colours is None else np.unique(self._colours, return_inverse=True)[1]
        explanation: dict[str, Any] = {
            "map": map_of(numbers, groups, self._spec.seed),
            "explained_variance": [float(share) for share in model.explained_variance_ratio_],
            "axes": _axes(self._features, model),
        }
        if clock.left() > _TSNE_SECONDS:
            explanation["tsne"] = _tsne_of(numbers, groups, self._spec.seed)
        return Artefact(
            task="dimensionality-reduction",
            family="pca",
            parameters=best.plan.parameters,
            library="sklearn",
            example={"table": example(self._features)},
            explanation=explanation,
        )


def trusted(numbers: Array, places: Array) -> float:
    """How far rows that lie together on the map lie together in truth, from 0 to 1."""
    some, shown = numbers[:_JUDGED], places[:_JUDGED]
    return float(trustworthiness(some, shown, n_neighbors=max(1, min(10, len(some) // 3))))


def map_of(numbers: Array, groups: Array | None, seed: int) -> dict[str, Any]:
    """Up to 600 rows as points of the two directions in which rows differ most.

    Args:
        numbers: (rows, features).
        groups: number of each row's group, for its colour; None: all alike.
        seed: of the draw.
    """
    if min(numbers.shape) < 2:
        return {"points": []}
    model = PCA(2, random_state=seed).fit(numbers)
    part = np.sort(np.random.default_rng(seed).permutation(len(numbers))[:_SHOWN])
    shares = [float(share) for share in model.explained_variance_ratio_]
    return {"points": _points(model.transform(numbers[part]), part, groups), "shares": shares}


def _tsne_of(numbers: Array, groups: Array | None, seed: int) -> dict[str, Any]:
    part = np.sort(np.random.default_rng(seed).permutation(len(numbers))[:_SHOWN])
    near = max(2.0, min(30.0, (len(part) - 1) / 3))
    return {"points": _points(TSNE(2, perplexity=near, random_state=seed).fit_transform(numbers[part]), part, groups)}


def _points(places: Array, rows: Array, groups: Array | None) -> list[dict[str, Any]]:
    return [
        {
            "x": float(place[0]),
            "y": float(place[1]),
            "row": int(row),
            "group": 0 if groups is None else int(groups[row]),
        }
        for place, row in zip(places, rows, strict=True)
    ]


def _axes(features: Features, model: Any) -> list[str]:
    """What the first directions are made of, in words."""
    names = [str(name) for name in features.steps.get_feature_names_out()]
    said = []
    for number, weights in enumerate(model.components_[:3], 1):
        most = np.argsort(-np.abs(weights))[:3]
        parts = ", ".join(f"`{names[place]}` ({weights[place]:+.2f})" for place in most)
        said.append(f"Direction {number} is mostly {parts}.")
    return said
