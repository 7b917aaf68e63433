"""How sure a classifier may be: one number that all its logits are divided by, and a little doubt where it has none.

Source: Guo and others, On calibration of modern neural networks, 2017 (temperature); Platt, Probabilistic outputs for
support vector machines, 1999: (N + 1) / (N + 2), room for the mistake not seen yet. A third of that room is kept, as
Tukey counts, (N + 1/3) / (N + 2/3): over wine and breast cancer a whole one costs a quarter of the loss where nothing
is mistaken, and gains a fiftieth where something is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV, _CalibratedClassifier, _TemperatureScaling
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.preprocessing import LabelEncoder

Array = np.ndarray[Any, Any]

_NEVER = 1e-15
_DOUBT = 0.01
_REAL_GAIN = 0.002
_SMALLEST = 1e-12
_ROOM = 1 / 3


@dataclass(frozen=True)
class Calibration:
    """What is done to probabilities.

    Args:
        doubt: share of the vote that goes to every label alike.
        sharpness: power that probabilities are raised to before they are made to sum to one; 1 leaves them.
    """

    doubt: float = 0.0
    sharpness: float = 1.0

    def apply(self, given: Array) -> Array:
        """(rows, labels) as (rows, labels)."""
        mixed = (1 - self.doubt) * given + self.doubt / given.shape[1]
        if self.sharpness == 1.0:
            return np.asarray(mixed)
        logits = self.sharpness * np.log(np.clip(mixed, _SMALLEST, 1.0))
        found = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(found / found.sum(axis=1, keepdims=True))


def learn(given: Array, codes: Array) -> Calibration:
    """What makes probabilities of rows that the model did not see as likely as they say.

    Args:
        given: (rows, labels).
        codes: place of the true label, (rows,).
    """
    doubt = _DOUBT if (given < _NEVER).any() else 0.0
    plain = Calibration(doubt)
    mixed = np.clip(plain.apply(given), _SMALLEST, 1.0)
    mixed /= mixed.sum(axis=1, keepdims=True)
    count = given.shape[1]
    weights = _smoothed(codes, count)
    labels = np.tile(np.arange(count), len(codes))
    scaling = _TemperatureScaling().fit(np.repeat(mixed, count, axis=0), labels, sample_weight=weights.ravel())
    sharper = Calibration(doubt, float(scaling.beta_))
    before, after = (_loss(calibration.apply(given), weights) for calibration in (plain, sharper))
    return sharper if after < (1 - _REAL_GAIN) * before else plain


def _smoothed(codes: Array, count: int) -> Array:
    """(rows, labels) of weights: of N rows of a label, a part of one more than there are is thought to be another."""
    rows = np.bincount(codes, minlength=count)[codes]
    weights = np.repeat((_ROOM / ((rows + 2 * _ROOM) * (count - 1)))[:, None], count, axis=1)
    weights[np.arange(len(codes)), codes] = (rows + _ROOM) / (rows + 2 * _ROOM)
    return weights


def _loss(given: Array, weights: Array) -> float:
    return float(-(weights * np.log(np.clip(given, _SMALLEST, 1.0))).sum() / len(given))


def calibrated(model: Any, calibration: Calibration, labels: Sequence[str]) -> Any:
    """A fitted model that answers with calibrated probabilities, made of scikit-learn's own parts."""
    if calibration.doubt:
        model = vote([model, _doubt(labels)], [1 - calibration.doubt, calibration.doubt], ["model", "doubt"], labels)
    if calibration.sharpness == 1.0:
        return model
    scaling = _TemperatureScaling()
    # For two labels it takes a margin d for the logits (-d, d): twice as far apart as those of the probabilities.
    scaling.beta_ = calibration.sharpness / (2 if len(labels) == 2 and hasattr(model, "decision_function") else 1)
    kept = CalibratedClassifierCV(clone(model), method="temperature", ensemble=False)
    kept.classes_ = np.asarray(labels)
    part = _CalibratedClassifier(model, [scaling], method="temperature", classes=kept.classes_)
    kept.calibrated_classifiers_ = [part]
    return kept


def vote(fitted: Sequence[Any], weights: Sequence[float], names: Sequence[str], labels: Sequence[str]) -> Any:
    """Fitted classifiers as scikit-learn's voting ensemble."""
    found = VotingClassifier(unfitted(fitted, names), voting="soft", weights=list(weights))
    found.le_ = LabelEncoder().fit(np.asarray(labels))
    found.classes_ = found.le_.classes_
    found.estimators_ = list(fitted)
    return found


def unfitted(models: Sequence[Any], names: Sequence[str]) -> list[tuple[str, Any]]:
    """What an ensemble is said to be made of. The fitted ones stand in it once: a file has a copy for each mention."""
    return [(name, clone(model)) for name, model in zip(names, models, strict=True)]


def _doubt(labels: Sequence[str]) -> Any:
    """Holds every label for equally likely."""
    return DummyClassifier(strategy="uniform", random_state=0).fit(np.zeros((len(labels), 1)), np.asarray(labels))
