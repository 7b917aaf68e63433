"""The sealed test of text tasks: the predictor that will serve the model is asked about every row."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from holdfast.inference.domain.predictors import Predictor
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.judgements import Judgement

Array = np.ndarray[Any, Any]
JUDGING_SHARE = 0.12
"""Of the budget: what the sealed test may take."""
_PROBED, _FEWEST_JUDGED = 16, 64
_AT_ONCE = 64
_DRAWS = 200


def in_time(
    data: TrainingData,
    predictor: Predictor,
    judge: Callable[[TrainingData, Predictor], Judgement],
    seconds: float,
    now: Callable[[], float] = time.monotonic,
) -> Judgement:
    """Judge by the sealed test, or by as many of its rows, drawn at random, as there is time for.

    Args:
        data: with the sealed test.
        predictor: that is asked.
        judge: judges by all rows that it is given.
        seconds: that asking may take, roughly. Some rows are judged in any case.
        now: seconds that only ever grow.
    """
    rows = len(data.test)
    if rows <= _FEWEST_JUDGED:
        return judge(data, predictor)
    order = np.random.default_rng(0).permutation(rows)
    timed = _Timed(predictor, now)
    judge(replace(data, test=data.test.iloc[order[:_PROBED]]), cast(Predictor, timed))
    afford = max(_FEWEST_JUDGED, round(_PROBED * seconds / max(timed.seconds, 1e-6)))
    chosen = np.sort(order[:afford])
    judged = judge(replace(data, test=data.test.iloc[chosen].reset_index(drop=True)), predictor)
    among = range(len(chosen)) if judged.positions is None else judged.positions
    return replace(judged, positions=[int(chosen[place]) for place in among])


class _Timed:
    """A predictor with a watch: what the metrics take is not counted, as it hardly grows with the rows."""

    def __init__(self, predictor: Predictor, now: Callable[[], float]) -> None:
        self._predictor, self._now = predictor, now
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._predictor, name)
        return self._watched(found) if name in ("predict_batch", "prepare", "forward") else found

    def _watched(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            began = self._now()
            answer = method(*given)
            self.seconds += self._now() - began
            return answer

        return call


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
