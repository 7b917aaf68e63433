"""Detectors of anomalies that scikit-learn has the parts of but not the whole. Part of what AutoTrain writes.

Each gives `score_samples` (rows,): the higher, the more usual; and `decision_function`, below 0 for an anomaly. They
hold plain arrays and models of scikit-learn only, so a skops file that names them runs no code but this.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors

Array = np.ndarray[Any, Any]


class _Detector(OutlierMixin, BaseEstimator):  # type: ignore[misc]
    offset_: float

    def fit(self, numbers: Array, _answers: Any = None) -> Self:
        """Learn what is usual: (rows, features)."""
        numbers = np.asarray(numbers, dtype=float)
        self.n_features_in_ = numbers.shape[1]
        self._learn(numbers)
        self.offset_ = float(self.score_samples(numbers).min())
        return self

    def decision_function(self, numbers: Array) -> Array:
        """How usual, with 0 as the border."""
        return np.asarray(self.score_samples(numbers) - self.offset_)

    def predict(self, numbers: Array) -> Array:
        """1 for usual, -1 for an anomaly, as scikit-learn has it."""
        return np.where(self.decision_function(numbers) < 0, -1, 1)

    def _learn(self, numbers: Array) -> None:
        raise NotImplementedError

    def score_samples(self, numbers: Array) -> Array:
        raise NotImplementedError


class NeighbourDetector(_Detector):
    """How far away the nearest rows are, on average."""

    def __init__(self, n_neighbors: int = 10) -> None:
        self.n_neighbors = n_neighbors

    def _learn(self, numbers: Array) -> None:
        count = max(1, min(self.n_neighbors, len(numbers) - 1))
        self.neighbours_ = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(numbers)

    def score_samples(self, numbers: Array) -> Array:
        """(rows,)."""
        distances, _rows = self.neighbours_.kneighbors(np.asarray(numbers, dtype=float))
        return np.asarray(-distances.mean(axis=1))


class DensityDetector(_Detector):
    """How likely a row is by a mixture of Gaussians."""

    def __init__(self, n_components: int = 3, random_state: int = 0) -> None:
        self.n_components = n_components
        self.random_state = random_state

    def _learn(self, numbers: Array) -> None:
        kind = "full" if numbers.shape[1] <= 30 else "diag"
        count = max(1, min(self.n_components, len(numbers) // 5))
        self.mixture_ = GaussianMixture(count, covariance_type=kind, reg_covar=1e-3, random_state=self.random_state)
        self.mixture_.fit(numbers)

    def score_samples(self, numbers: Array) -> Array:
        """(rows,): log-likelihoods."""
        return np.asarray(self.mixture_.score_samples(np.asarray(numbers, dtype=float)))


class ReconstructionDetector(_Detector):
    """How well a row can be told from its main directions (PCA)."""

    def __init__(self, keep: float = 0.8) -> None:
        self.keep = keep

    def _learn(self, numbers: Array) -> None:
        self.directions_ = PCA(self.keep, svd_solver="full").fit(numbers)

    def score_samples(self, numbers: Array) -> Array:
        """(rows,): minus the squared distance from what the directions say."""
        given = np.asarray(numbers, dtype=float)
        told = self.directions_.inverse_transform(self.directions_.transform(given))
        return np.asarray(-((given - told) ** 2).sum(axis=1))


class TailDetector(_Detector):
    """How far out in its tails a row lies, feature by feature.

    Source: Li et al., ECOD: unsupervised outlier detection using empirical cumulative distribution functions, 2022.
    """

    def _learn(self, numbers: Array) -> None:
        self.ordered_ = np.sort(numbers, axis=0)
        centred = numbers - numbers.mean(axis=0)
        spread = np.maximum(centred.std(axis=0), 1e-12)
        self.skew_ = (centred**3).mean(axis=0) / spread**3

    def tails(self, numbers: Array) -> Array:
        """(rows, features): minus the logarithm of the share of rows that lie as far out."""
        given = np.asarray(numbers, dtype=float)
        rows = len(self.ordered_)
        left, right = np.empty_like(given), np.empty_like(given)
        for place in range(given.shape[1]):
            line = self.ordered_[:, place]
            left[:, place] = np.searchsorted(line, given[:, place], side="right") / rows
            right[:, place] = 1 - np.searchsorted(line, given[:, place], side="left") / rows
        least = 1.0 / (rows + 1)
        left, right = -np.log(np.maximum(left, least)), -np.log(np.maximum(right, least))
        return np.stack([left, right, np.where(self.skew_ < 0, left, right)])

    def score_samples(self, numbers: Array) -> Array:
        """(rows,)."""
        return np.asarray(-self.tails(numbers).sum(axis=2).max(axis=0))
