"""The sealed test in a part of the budget: where asking about every row takes too long, some drawn by chance judge."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np

from holdfast.inference.domain.predictors import Predictor
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.judgements import Judgement

JUDGING_SHARE = 0.12
"""Of the budget: what the sealed test may take."""
_PROBED, _FEWEST_JUDGED = 16, 64


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
