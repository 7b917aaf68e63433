"""dimensionality-reduction: many columns as a map of two, and as few as keep what matters; maps of other tasks, too.

PCA is what is served: it places new rows too. t-SNE draws the clearer picture, of the rows that it was given only, so
its map is shown beside. UMAP is left out: its numba would be the heaviest dependency of all for a second picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
_VALUES = 8
_LONGEST_VALUE = 60
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
        names, groups = [], None
        if self._colours is not None:
            found, groups = np.unique(self._colours, return_inverse=True)
            names = [str(name)[:_LONGEST_VALUE] for name in found]
        explanation: dict[str, Any] = {
            **maps_of(self._features, groups, self._spec.seed, clock),
            "groups": names,
            "explained_variance": [float(share) for share in model.explained_variance_ratio_],
            "axes": _axes(self._features, model),
        }
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


def maps_of(
    features: Features,
    groups: Array | None,
    seed: int,
    clock: Clock,
    telling: Sequence[str] = (),
    keep: Array | None = None,
) -> dict[str, Any]:
    """Pictures of the rows: `map` by PCA, and `tsne` by t-SNE where there is time for it.

    Args:
        features: of all rows.
        groups: number of each row's group, for its colour; None: all alike.
        seed: of the draw.
        clock: of the run.
        telling: columns whose values are told first.
        keep: places of rows that must be on the map; None: any 600.
    """
    numbers = features.numbers
    if min(numbers.shape) < 2:
        return {"map": {"points": []}}
    shown = Shown(features, groups, _drawn(len(numbers), seed, keep), _columns(features, telling))
    model = PCA(2, random_state=seed).fit(numbers)
    shares = [float(share) for share in model.explained_variance_ratio_]
    found = {"map": {**shown.record(model.transform(numbers[shown.rows])), "shares": shares}}
    if clock.left() > _TSNE_SECONDS and len(shown.rows) > 10:
        near = max(2.0, min(30.0, (len(shown.rows) - 1) / 3))
        places = TSNE(2, perplexity=near, random_state=seed).fit_transform(numbers[shown.rows])
        found["tsne"] = shown.record(places)
    return found


@dataclass(frozen=True)
class Shown:
    """Rows on a map: their places in the features, and the columns that are told of each."""

    features: Features
    groups: Array | None
    rows: Array
    columns: tuple[str, ...]

    def record(self, places: Array) -> dict[str, Any]:
        """The map as JSON: (x, y), the row, its group, its values."""
        told = self.features.inputs[list(self.columns)].to_numpy(dtype=object)
        points = [
            {
                "x": float(place[0]),
                "y": float(place[1]),
                "row": int(row),
                "group": 0 if self.groups is None else int(self.groups[row]),
                "values": [_told(value) for value in told[row]],
            }
            for place, row in zip(places, self.rows, strict=True)
        ]
        return {"points": points, "columns": list(self.columns)}


def _drawn(count: int, seed: int, keep: Array | None) -> Array:
    order = np.random.default_rng(seed).permutation(count)
    first = np.asarray([] if keep is None else keep, dtype=int)
    rest = order[~np.isin(order, first)]
    return np.sort(np.concatenate([first, rest])[:_SHOWN])


def _columns(features: Features, telling: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*telling, *features.names()]))[:_VALUES]


def _told(value: Any) -> Any:
    """A value as JSON has it, and as short as a table can show it; None where it is missing."""
    if value is None or value != value:  # noqa: PLR0124 - missing values are unlike themselves
        return None
    return float(f"{value:.6g}") if isinstance(value, float) else str(value)[:_LONGEST_VALUE]


def _axes(features: Features, model: Any) -> list[str]:
    """What the first directions are made of, in words."""
    names = [str(name) for name in features.steps.get_feature_names_out()]
    said = []
    for number, weights in enumerate(model.components_[:3], 1):
        most = np.argsort(-np.abs(weights))[:3]
        parts = ", ".join(f"`{names[place]}` ({weights[place]:+.2f})" for place in most)
        said.append(f"Direction {number} is mostly {parts}.")
    return said
