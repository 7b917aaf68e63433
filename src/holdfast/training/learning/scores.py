"""How sure a classifier's score is. Dimensions: B rows, L labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from holdfast.training.scores import of_labels

Array = np.ndarray[Any, Any]
_RESAMPLES = 60


def accuracy(truth_B: Array, scores_BL: Array) -> float:  # noqa: N803 - dimensions in the name
    """Share of rows whose likeliest label (by number) is the true one."""
    return float((scores_BL.argmax(axis=1) == truth_B).mean())


def standard_error(metric: str, truth_B: Array, scores_BL: Array, labels: Sequence[str]) -> float | None:  # noqa: N803
    """Of a metric over rows, by drawing rows again and again (bootstrap); None where it can't be computed."""
    draw = np.random.default_rng(0)
    size = len(truth_B)
    samples = [draw.integers(0, size, size) for _ in range(_RESAMPLES)]
    found = [of_labels(truth_B[rows], scores_BL[rows], labels, metric).get(metric) for rows in samples]
    known = [value for value in found if value is not None]
    return float(np.std(known)) if len(known) > 1 else None
