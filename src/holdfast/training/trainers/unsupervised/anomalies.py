"""anomaly-detection: which rows are unlike the others.

Where the data says which rows are anomalies, that is only used to judge: average precision on rows that a detector did
not see. Where it says nothing, detectors are compared by how far they agree with the rank that isolation forests,
neighbours and tails give together; the isolation forest counts twice.

Source: on 32 tables of ADBench (Han and others 2022; those up to 12,000 rows and 300 columns) the average precision of
isolation forests came to .417, of 300 trees with 64 rows each to .426, of the mean rank of forest, neighbours and tails
to .384, of neighbours to .361, of tails to .357, of the local outlier factor to .354, of main directions to .297.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata, spearmanr
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.neighbors import LocalOutlierFactor

from holdfast.inference.runtime.detectors import (
    DensityDetector,
    NeighbourDetector,
    ReconstructionDetector,
    TailDetector,
)
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Board, Outcome, Plan
from holdfast.training.trainers import registry
from holdfast.training.trainers.interface import Artefact, Clock, Place, TrialFailed
from holdfast.training.trainers.unsupervised.features import Features, example, features_of, halves, wanted, write
from holdfast.training.trainers.unsupervised.maps import maps_of
from holdfast.training.trainers.unsupervised.unusual import unusual_rows

Array = np.ndarray[Any, Any]

_YES = {"1", "true", "yes", "y", "anomaly", "anomalous", "outlier", "fraud", "attack", "abnormal", "-1"}
_LEAST_SHARE, _MOST_SHARE = 0.005, 0.1
_FENCE = 3.0
_SURE = 50
"""Of the oddest rows, which are on the map whatever else is drawn."""
_FOREST: dict[str, Any] = {"n_estimators": 300, "max_samples": 64}
DETECTORS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("isolation-forest", dict(_FOREST), "the usual first choice: rows that few random cuts set apart"),
    ("tails", {}, "rows that lie far out in single columns"),
    ("neighbours", {"n_neighbors": 10}, "rows that are far from their neighbours"),
    ("gaussian-mixture", {"n_components": 3}, "rows that are unlikely by a few bells"),
    ("pca", {"keep": 0.8}, "rows that do not fit the main directions"),
    ("local-outlier-factor", {"n_neighbors": 20}, "rows in thinner places than their neighbours"),
    ("isolation-forest", {"n_estimators": 300}, "samples of 256 rows"),
    ("isolation-forest", {"n_estimators": 300, "max_samples": 32}, "smaller samples see single rows better"),
    ("isolation-forest", {"n_estimators": 300, "max_samples": 1024}, "larger samples"),
    ("neighbours", {"n_neighbors": 3}, "closer neighbours"),
    ("neighbours", {"n_neighbors": 30}, "more neighbours"),
    ("gaussian-mixture", {"n_components": 8}, "more bells"),
    ("pca", {"keep": 0.5}, "fewer directions"),
    ("local-outlier-factor", {"n_neighbors": 50}, "a wider view"),
)


class AnomalyTrainer:
    """See `Trainer`."""

    def __init__(self, data: TrainingData, spec: TrainingSpec) -> None:
        self._spec = spec
        self._features: Features = features_of(data, spec.seed)
        self._metric = registry.metric_of(spec, data).name
        self._families = wanted(spec, tuple(dict.fromkeys(family for family, _parameters, _reason in DETECTORS)))
        numbers = self._features.numbers
        first, second = halves(len(numbers), spec.seed)
        self._halves = [
            (seen, unseen, consensus(numbers[seen], numbers[unseen], spec.seed))
            for seen, unseen in ((first, second), (second, first))
        ]
        rows = self._features.inputs.index
        target = data.columns.get("target")
        self._truth = None if target is None else anomalies_of(data.train.loc[rows, target])

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:  # noqa: ARG002 - as every trainer
        """See `Trainer.plans`."""
        for place, (family, parameters, reason) in enumerate(DETECTORS):
            if family in self._families:
                yield Plan(family, parameters, rung=int(place >= len(set(self._families))), reason=reason)

    def fit(self, plan: Plan, place: Place) -> Outcome:
        """See `Trainer.fit`."""
        numbers = self._features.numbers
        found = [
            self._judged(fitted(plan, numbers[seen], place.seed), unseen, together)
            for seen, unseen, together in self._halves
        ]
        metrics = {name: float(np.mean([one[name] for one in found if name in one])) for name in found[0]}
        if self._metric not in metrics:
            raise TrialFailed("one half of the rows has no anomaly, so it can't be judged")
        return Outcome(metrics[self._metric], abs(found[0][self._metric] - found[1][self._metric]) / 2, metrics)

    def finish(self, board: Board, folder: Path, clock: Clock) -> Artefact:
        """See `Trainer.finish`."""
        best = board.best
        if best is None:
            raise TrialFailed("no trial gave a detector")
        numbers = self._features.numbers
        model = fitted(best.plan, numbers, self._spec.seed)
        odd = -model.score_samples(numbers)
        share, why = self._share(odd)
        model.offset_ = float(-np.quantile(odd, 1 - share))
        write(self._features, model, "anomaly-detection", folder)
        flagged = (odd > -model.offset_).astype(int)
        return Artefact(
            task="anomaly-detection",
            family=best.plan.family,
            parameters=best.plan.parameters,
            library="sklearn",
            example={"table": example(self._features)},
            explanation={
                "share": share,
                "share_because": why,
                "unusual": unusual_rows(self._features, odd),
                **maps_of(self._features, flagged, self._spec.seed, clock, keep=np.argsort(-odd)[:_SURE]),
                "groups": ["usual", "unusual"],
            },
        )

    def _judged(self, model: Any, unseen: Array, together: Array) -> dict[str, float]:
        odd = -model.score_samples(self._features.numbers[unseen])
        metrics = {"agreement": float(spearmanr(odd, together).statistic)}
        return metrics if self._truth is None else metrics | scored(self._truth[unseen], odd)

    def _share(self, odd: Array) -> tuple[float, str]:
        """How many rows are called anomalies, and why."""
        asked = self._spec.params.get("contamination")
        if asked is not None:
            return min(max(float(asked), 1e-4), 0.5), "as you asked"
        if self._truth is not None and self._truth.any():
            return min(float(self._truth.mean()), 0.5), "as many as the data says"
        low, high = np.quantile(odd, [0.25, 0.75])
        beyond = float((odd > high + _FENCE / 2 * (high - low)).mean())
        share = min(max(beyond, _LEAST_SHARE), _MOST_SHARE)
        return share, "rows whose score lies far outside of the middle half"


def anomalies_of(values: pd.Series[Any]) -> Array:
    """Whether each row is an anomaly: by its word, else the rarer of two values."""
    words = values.astype(str).str.casefold().str.removesuffix(".0")
    named = words.isin(_YES)
    if named.any() and not named.all():
        return np.asarray(named, dtype=bool)
    return np.asarray(words == words.value_counts().index[-1], dtype=bool)


def scored(truth: Array, odd: Array) -> dict[str, float]:
    """Average precision and ROC-AUC; nothing where all rows are of one kind."""
    if truth.all() or not truth.any():
        return {}
    return {
        "average_precision": float(average_precision_score(truth, odd)),
        "roc_auc": float(roc_auc_score(truth, odd)),
    }


def consensus(seen: Array, judged: Array, seed: int) -> Array:
    """How odd rows are by several detectors together: the mean of their ranks."""
    forest = fitted(Plan("isolation-forest", _FOREST), seen, seed)
    ranks = [2 * rankdata(-forest.score_samples(judged))]
    ranks += [rankdata(-kind().fit(seen).score_samples(judged)) for kind in (NeighbourDetector, TailDetector)]
    return np.asarray(np.sum(ranks, axis=0))


def fitted(plan: Plan, numbers: Array, seed: int) -> Any:
    """A detector that has seen rows (rows, columns); `score_samples` of it is less for what is odd."""
    parameters = dict(plan.parameters)
    if plan.family == "isolation-forest":
        parameters["max_samples"] = min(parameters.get("max_samples", 256), len(numbers))
        return IsolationForest(**parameters, random_state=seed).fit(numbers)
    if plan.family == "local-outlier-factor":
        parameters["n_neighbors"] = min(parameters["n_neighbors"], len(numbers) - 1)
        return LocalOutlierFactor(**parameters, novelty=True, algorithm="brute").fit(numbers)
    if plan.family == "gaussian-mixture":
        return DensityDetector(**parameters, random_state=seed).fit(numbers)
    kinds = {"tails": TailDetector, "neighbours": NeighbourDetector, "pca": ReconstructionDetector}
    return kinds[plan.family](**parameters).fit(numbers)
