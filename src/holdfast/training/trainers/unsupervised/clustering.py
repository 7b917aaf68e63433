"""clustering: how many groups there are, and which model tells them apart best.

The ladder: k-means with 2 to 12 groups → mixtures of Gaussians with as many → groups by density (HDBSCAN) and by
joining neighbours (agglomerative). Each model is fitted on one half of the rows and judged on the other, both ways: how
well its groups are apart (silhouette), and whether both halves give the same groups (stability).

Source: on four sets with known groups, silhouette was right about their number where the mixtures' BIC was not and the
other way round; so both curves are shown, and any trial can be taken instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.cluster import HDBSCAN, AgglomerativeClustering, KMeans
from sklearn.metrics import adjusted_rand_score, davies_bouldin_score, silhouette_score
from sklearn.mixture import GaussianMixture

from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Board, Outcome, Plan, Trial
from holdfast.training.trainers import registry
from holdfast.training.trainers.interface import Artefact, Clock, Place, TrialFailed
from holdfast.training.trainers.unsupervised.features import Features, example, features_of, halves, wanted, write
from holdfast.training.trainers.unsupervised.maps import maps_of
from holdfast.training.trainers.unsupervised.profiles import profiles_of, telling_columns

Array = np.ndarray[Any, Any]

_FAMILIES = ("k-means", "gaussian-mixture", "agglomerative", "hdbscan")
_MOST_GROUPS = 12
_JUDGED_ROWS = 2_000
_LINKED_ROWS = 5_000
_LEAST_SHARE = 0.01


class ClusteringTrainer:
    """See `Trainer`."""

    def __init__(self, data: TrainingData, spec: TrainingSpec) -> None:
        self._spec = spec
        self._features: Features = features_of(data, spec.seed)
        self._metric = registry.metric_of(spec, data).name
        self._families = wanted(spec, _FAMILIES)

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:  # noqa: ARG002 - as every trainer
        """See `Trainer.plans`."""
        for rung, family in enumerate(_FAMILIES):
            if family not in self._families:
                continue
            for parameters, reason in self._tries(family, board):
                yield Plan(family, parameters, rung, reason=reason)

    def fit(self, plan: Plan, place: Place) -> Outcome:
        """See `Trainer.fit`."""
        numbers = self._features.numbers
        first, second = halves(len(numbers), self._spec.seed)
        models = [self._fitted(plan, numbers[part], place.seed) for part in (first, second)]
        judged = [_judged(model, numbers[part]) for model, part in zip(models, (second, first), strict=True)]
        metrics = {name: float(np.mean([one[name] for one in judged])) for name in judged[0]}
        metrics["stability"] = float(adjusted_rand_score(*(model.predict(numbers) for model in models)))
        if plan.family == "gaussian-mixture":
            whole = self._fitted(plan, numbers, place.seed)
            metrics["bic"] = float(whole.bic(numbers))
        apart = abs(judged[0][self._metric] - judged[1][self._metric]) / 2 if self._metric in judged[0] else None
        return Outcome(metrics[self._metric], apart, metrics)

    def finish(self, board: Board, folder: Path, clock: Clock) -> Artefact:
        """See `Trainer.finish`."""
        best = board.best
        if best is None:
            raise TrialFailed("no trial found groups")
        model = self._fitted(best.plan, self._features.numbers, self._spec.seed)
        found = model.predict(self._features.numbers)
        model = in_order_of_size(model, found)
        found = model.predict(self._features.numbers)
        write(self._features, model, "clustering", folder)
        segments = profiles_of(self._features, found)
        return Artefact(
            task="clustering",
            family=best.plan.family,
            parameters=best.plan.parameters,
            library="sklearn",
            example={"table": example(self._features)},
            explanation={
                "segments": segments,
                "curves": curves_of(board),
                **maps_of(self._features, found, self._spec.seed, clock, telling_columns(segments)),
            },
        )

    def _tries(self, family: str, board: Board) -> Iterator[tuple[dict[str, Any], str]]:
        rows = len(self._features.numbers)
        most = max(2, min(_MOST_GROUPS, rows // 10))
        if family in ("k-means", "gaussian-mixture"):
            name = "n_clusters" if family == "k-means" else "n_components"
            for count in range(2, most + 1):
                yield {name: count}, f"whether {count} groups fit"
        elif family == "agglomerative":
            for count in _likely_counts(board):
                yield {"n_clusters": count}, "the number that looked best so far, by joining neighbours"
        else:
            for least in sorted({max(5, rows // 50), max(5, rows // 20)}):
                yield {"min_cluster_size": least}, "groups of any shape, and rows that belong to none"

    def _fitted(self, plan: Plan, numbers: Array, seed: int) -> Any:
        parameters = dict(plan.parameters)
        if plan.family == "k-means":
            return KMeans(**parameters, n_init=4, random_state=seed).fit(numbers)
        if plan.family == "gaussian-mixture":
            kind = "full" if numbers.shape[1] <= 30 else "diag"
            mixture = GaussianMixture(**parameters, covariance_type=kind, reg_covar=1e-4, random_state=seed)
            return mixture.fit(numbers)
        some = numbers[:_LINKED_ROWS]
        if plan.family == "agglomerative":
            return around_centres(some, AgglomerativeClustering(**parameters).fit_predict(some))
        return around_centres(some, HDBSCAN(**parameters, copy=True, algorithm="brute").fit_predict(some))


def _likely_counts(board: Board) -> list[int]:
    counts = [_count(trial) for trial in board.finished()]
    return list(dict.fromkeys(count for count in counts if count))[:2]


def _count(trial: Trial) -> int:
    parameters = trial.plan.parameters
    return int(parameters.get("n_clusters") or parameters.get("n_components") or 0)


def around_centres(numbers: Array, labels: Array) -> Any:
    """Groups that were found in another way as a model that can place new rows: each goes to the nearest centre.

    Raises:
        TrialFailed: there are not two groups.
    """
    groups = [label for label in np.unique(labels) if label >= 0]
    if len(groups) < 2:
        raise TrialFailed(f"found {len(groups)} group{'' if len(groups) == 1 else 's'} only")
    centres = np.stack([numbers[labels == label].mean(axis=0) for label in groups])
    model = KMeans(len(groups), init=centres, n_init=1, max_iter=1).fit(numbers)
    model.cluster_centers_ = np.ascontiguousarray(centres)
    return model


def in_order_of_size(model: Any, found: Array) -> Any:
    """The same model with group 0 as its largest."""
    count = len(model.cluster_centers_) if hasattr(model, "cluster_centers_") else len(model.weights_)
    order = np.argsort(-np.bincount(found, minlength=count), kind="stable")
    if hasattr(model, "cluster_centers_"):
        model.cluster_centers_ = np.ascontiguousarray(model.cluster_centers_[order])
        model.labels_ = np.argsort(order)[model.labels_].astype(model.labels_.dtype)
        return model
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        setattr(model, name, np.ascontiguousarray(getattr(model, name)[order]))
    return model


def _judged(model: Any, numbers: Array) -> dict[str, float]:
    found = model.predict(numbers)
    counts = np.bincount(found)
    if (counts > 0).sum() < 2:
        raise TrialFailed("puts all rows that it did not see into one group")
    if counts[counts > 0].min() < _LEAST_SHARE * len(found):
        raise TrialFailed("has a group of less than 1 % of the rows: these are odd rows rather than a group")
    part = np.random.default_rng(0).permutation(len(numbers))[:_JUDGED_ROWS]
    if len(np.unique(found[part])) < 2:
        raise TrialFailed("puts nearly all rows into one group")
    return {
        "silhouette": float(silhouette_score(numbers[part], found[part])),
        "davies_bouldin": float(davies_bouldin_score(numbers, found)),
    }


def curves_of(board: Board) -> dict[str, list[tuple[int, float]]]:
    """What each number of groups came to: silhouette of k-means, BIC of mixtures, stability of both."""
    curves: dict[str, list[tuple[int, float]]] = {}
    for trial in board.trials:
        if trial.outcome and _count(trial) and trial.plan.family in ("k-means", "gaussian-mixture"):
            for name in ("silhouette", "stability", "bic"):
                if name in trial.outcome.metrics:
                    line = curves.setdefault(f"{name} ({trial.plan.family})", [])
                    line.append((_count(trial), float(trial.outcome.metrics[name])))
    return {name: sorted(points) for name, points in curves.items()}
