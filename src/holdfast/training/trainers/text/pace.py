"""When a model that learns is judged, and when it stops: so that a trial ends in time, with something to show.

A killed trial leaves nothing on the board. So a trial looks at the clock after every step, judges early enough to know
what judging costs, and stops while there is still time for the last one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

EVALUATIONS = 4
_FIRST_AT = 0.4
_MOST_JUDGING = 0.3
_LASTS_LONGER = 1.2
LIMIT_TO_USE = 0.9
"""Of the time after which a trial is killed: the rest is for what is written last."""


@dataclass
class Pace:
    """The clock of one fine-tuning.

    Args:
        steps: in all.
        most_seconds: from now; infinity means no limit.
        now: seconds that only ever grow.
    """

    steps: int
    most_seconds: float = math.inf
    now: Callable[[], float] = time.monotonic
    _began: float = field(init=False)
    _judged: list[float] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._began = self.now()

    def ends(self, step: int) -> bool:
        """Whether this step, counted from 1, is the last: all are made, or another and a last look don't fit."""
        elapsed = self.now() - self._began
        each = (elapsed - sum(self._judged)) / step
        return step >= self.steps or elapsed + each + _LASTS_LONGER * self._judging >= self.most_seconds

    def wants_score(self, step: int) -> bool:
        """Whether to judge after this step: at the end, at each quarter, and early on where time is short."""
        if self.ends(step):
            return True
        if not self._judged and self.now() - self._began >= _FIRST_AT * self.most_seconds:
            return True
        affords = sum(self._judged) + self._judging <= _MOST_JUDGING * self.most_seconds
        return step % max(1, math.ceil(self.steps / EVALUATIONS)) == 0 and affords

    def judged(self, seconds: float) -> None:
        """Hear what judging took."""
        self._judged.append(seconds)

    @property
    def _judging(self) -> float:
        return max(self._judged, default=0.0)


def rows_to_judge(rows: int, seconds_per_row: float, left: float) -> int:
    """By how many rows a model is judged on its way: all, if that takes but a fifth of the time that is left."""
    afford = 0.2 * left / (EVALUATIONS * max(seconds_per_row, 1e-9))
    return min(rows, max(_FEWEST_JUDGED, int(min(afford, rows))))


_FEWEST_JUDGED = 8
