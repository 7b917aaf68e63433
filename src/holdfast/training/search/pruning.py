"""Which running trials can't win any more."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from typing import Any

from holdfast.training.domain.trials import Board, Status
from holdfast.training.trainers.interface import Pruned

_ENOUGH_TO_COMPARE = 4
_FIRST_STEP = 2
_FIRST_RUNG = 2
"""Before, each family is tried once: what it says is worth knowing even where it is not the best."""
SCORE = "score"


class MedianRule:
    """A trial whose score at a step is worse than the median of what earlier trials had at that step is ended.

    Source: the median stopping rule of Google Vizier (Golovin and others, 2017).
    """

    def __init__(self, board: Board, rung: int, tell: Callable[[Mapping[str, Any]], None]) -> None:
        self._spared = rung < _FIRST_RUNG
        self._tell = tell
        self._metric = board.metric
        self._earlier: dict[int, list[float]] = {}
        for trial in board.trials:
            if trial.status is Status.OK and trial.outcome:
                for step, value in trial.outcome.curve.get(SCORE, ()):
                    self._earlier.setdefault(step, []).append(value)

    def __call__(self, figures: Mapping[str, Any]) -> None:
        """Pass figures on.

        Raises:
            Pruned: they say that the trial can't win.
        """
        self._tell(figures)
        score, step = figures.get(SCORE), figures.get("step")
        if not isinstance(step, int):
            return
        earlier = self._earlier.get(step, [])
        if self._spared or score is None or len(earlier) < _ENOUGH_TO_COMPARE or step < _FIRST_STEP:
            return
        median = statistics.median(earlier)
        if self._metric.better(median, float(score)):
            raise Pruned(f"{score:.4g} after step {step}, where half of the others had {median:.4g} or better")
