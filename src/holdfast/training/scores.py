"""Metrics of labels and numbers, by name, the same for trials and for the sealed test.

Probabilities are arrays (rows, labels) in the order of the labels; answers and truth are arrays (rows,).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from holdfast.training.domain.trials import Metric

Array = np.ndarray[Any, Any]

OF_LABELS = (
    Metric("log_loss", greater_is_better=False),
    Metric("roc_auc", greater_is_better=True),
    Metric("average_precision", greater_is_better=True),
    Metric("accuracy", greater_is_better=True),
    Metric("balanced_accuracy", greater_is_better=True),
    Metric("macro_f1", greater_is_better=True),
)
OF_NUMBERS = (
    Metric("rmse", greater_is_better=False),
    Metric("mae", greater_is_better=False),
    Metric("r2", greater_is_better=True),
    Metric("spearman", greater_is_better=True),
)

_SMALLEST = 1e-15


def of_labels(truth: Array, probabilities: Array, labels: Sequence[str], only: str | None = None) -> dict[str, float]:
    """Metrics of a classifier.

    Args:
        truth: labels, (rows,) of str.
        probabilities: (rows, labels).
        labels: in the order of the columns.
        only: compute but this one.

    Returns:
        Metric by name; those that can't be computed (one class only among the rows) are left out.
    """
    codes = np.searchsorted(np.asarray(labels, dtype=str), np.asarray(truth, dtype=str))
    wanted = [only] if only else [metric.name for metric in OF_LABELS]
    found = {name: _of_labels(name, codes, probabilities) for name in wanted}
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _of_labels(name: str, codes: Array, probabilities: Array) -> float:
    if name == "log_loss":
        return log_loss(codes, probabilities)
    if name in ("roc_auc", "average_precision"):
        return _ranking(name, codes, probabilities)
    answers = probabilities.argmax(axis=1)
    if name == "accuracy":
        return float((answers == codes).mean())
    right = np.bincount(codes[answers == codes], minlength=probabilities.shape[1])
    there = np.bincount(codes, minlength=probabilities.shape[1])
    if name == "balanced_accuracy":
        return float((right[there > 0] / there[there > 0]).mean())
    said = np.bincount(answers, minlength=probabilities.shape[1])
    known = (there + said) > 0
    return float((2 * right[known] / (there + said)[known]).mean())


def log_loss(codes: Array, probabilities: Array) -> float:
    """Mean negative logarithm of the true label's probability."""
    given = probabilities / probabilities.sum(axis=1, keepdims=True)
    return float(-np.log(np.clip(given[np.arange(len(codes)), codes], _SMALLEST, 1.0)).mean())


def _ranking(name: str, codes: Array, probabilities: Array) -> float:
    """Area under a curve; for more than two labels the mean of each against the rest."""
    columns = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    found = [_area(name, codes == column, probabilities[:, column]) for column in columns]
    return float(np.mean(found)) if found else float("nan")


def _area(name: str, positive: Array, given: Array) -> float:
    """Area under the ROC curve, or average precision; rows of one score count together."""
    wanted = int(positive.sum())
    if wanted in (0, len(positive)):
        return float("nan")
    _values, places, counts = np.unique(-given, return_inverse=True, return_counts=True)
    found = np.bincount(places, weights=positive)
    above, seen = np.cumsum(found), np.cumsum(counts)
    if name == "average_precision":
        return float((found / wanted * above / seen).sum())
    others = counts - found
    return float((others * (above - found / 2)).sum() / (wanted * others.sum()))


def of_numbers(truth: Array, answers: Array) -> dict[str, float]:
    """Metrics of a regressor; both (rows,) of float. Those that can't be computed are left out."""
    truth, answers = np.asarray(truth, dtype=float), np.asarray(answers, dtype=float)
    spread = float(((truth - truth.mean()) ** 2).sum())
    squares = (truth - answers) ** 2
    found = {
        "rmse": float(np.sqrt(squares.mean())),
        "mae": float(np.abs(truth - answers).mean()),
        "r2": 1.0 - float(squares.sum()) / spread if spread else float("nan"),
        "spearman": _spearman(truth, answers),
    }
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _spearman(truth: Array, answers: Array) -> float:
    if len(truth) < 2 or np.ptp(truth) == 0 or np.ptp(answers) == 0:
        return float("nan")
    import pandas as pd  # noqa: PLC0415 - heavy

    return float(np.corrcoef(pd.Series(truth).rank(), pd.Series(answers).rank())[0, 1])
