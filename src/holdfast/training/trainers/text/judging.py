"""The sealed test of text tasks: the predictor that will serve the model is asked, and its answers are scored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from holdfast.inference.domain.predictors import Predictor

Array = np.ndarray[Any, Any]
_AT_ONCE = 64
_DRAWS = 200


def ask(predictor: Predictor, inputs: Sequence[Any], parameters: Mapping[str, Any]) -> list[Any]:
    """Answers to all inputs, some at a time."""
    return [answer for part in _parts(inputs) for answer in predictor.predict_batch(part, parameters)]


def _parts(inputs: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(inputs), _AT_ONCE):
        yield inputs[start : start + _AT_ONCE]


def intervals(
    rows: int, measure: Callable[[Array], Mapping[str, float]], draws: int = _DRAWS
) -> dict[str, tuple[float, float]]:
    """95 % intervals by metric, over rows drawn with replacement.

    Args:
        rows: how many there are.
        measure: scores of some of them, by their places.
        draws: how often to draw.
    """
    random = np.random.default_rng(0)
    drawn: dict[str, list[float]] = {}
    for _ in range(draws if rows > 1 else 0):
        for name, value in measure(random.integers(0, rows, rows)).items():
            drawn.setdefault(name, []).append(value)
    return {name: (float(np.quantile(all_, 0.025)), float(np.quantile(all_, 0.975))) for name, all_ in drawn.items()}


def mean_scores(by_row: Mapping[str, Array]) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """Means and their intervals of scores that every row has for itself."""
    rows = len(next(iter(by_row.values())))
    means = {name: float(values.mean()) for name, values in by_row.items()}
    return means, intervals(rows, lambda some: {name: float(values[some].mean()) for name, values in by_row.items()})
