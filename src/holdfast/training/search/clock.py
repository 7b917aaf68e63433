"""The budget of a run, as time."""

from __future__ import annotations

import time
from collections.abc import Callable

_SHARE_FOR_THE_END = 0.18
_MOST_FOR_THE_END_SECONDS = 120.0
_REPORT_SECONDS = 3.0
_REPORT_SHARE = 0.01
_LONGEST_REPORT_SECONDS = 45.0
_MOST_FOR_THE_REPORT = 0.3
_MOST_SLOWNESS = 5.0
_ENOUGH_TO_TELL_SECONDS = 0.5


class SearchClock:
    """How much of the budget is left: for searching, for finishing, for everything.

    Args:
        seconds: of the whole run.
        spent: seconds that an earlier attempt at this run has used already.
        now: seconds that only ever grow.
    """

    def __init__(self, seconds: float, spent: float = 0.0, now: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._now = now
        self._began = now() - spent
        self._slowness = 1.0
        self._for_finish = min(_SHARE_FOR_THE_END * seconds, _MOST_FOR_THE_END_SECONDS)

    def elapsed(self) -> float:
        """Seconds since the run began, earlier attempts among them."""
        return self._now() - self._began

    def left(self) -> float:
        """Seconds until the search must end; never negative."""
        return max(0.0, self.remaining() - self._for_finish)

    def remaining(self) -> float:
        """Seconds until the model must be finished and the report begun; never negative."""
        return max(0.0, self.seconds - self.elapsed() - self.for_report)

    def until_end(self) -> float:
        """Seconds until everything must be done; never negative."""
        return max(0.0, self.seconds - self.elapsed())

    @property
    def for_report(self) -> float:
        """Seconds kept for the sealed test and the report."""
        wanted = self._slowness * (_REPORT_SECONDS + _REPORT_SHARE * self.seconds)
        return min(wanted, _LONGEST_REPORT_SECONDS, _MOST_FOR_THE_REPORT * self.seconds)

    def notice(self, wall_seconds: float, cpu_seconds: float) -> None:
        """Learn from work that was done how much slower than alone this process is: others may use the machine too."""
        if cpu_seconds > _ENOUGH_TO_TELL_SECONDS:
            self._slowness = min(_MOST_SLOWNESS, max(1.0, wall_seconds / cpu_seconds))

    def keep_back(self, seconds: float) -> None:
        """Keep so much for the end; never more than half of the budget."""
        self._for_finish = min(max(0.0, seconds), 0.5 * self.seconds)

    @property
    def share(self) -> float:
        """How much of the budget is used up, 0 to 1."""
        return min(1.0, self.elapsed() / self.seconds) if self.seconds else 1.0


class FinishClock:
    """What a trainer's `finish` sees: all that is left but the report's part."""

    def __init__(self, clock: SearchClock) -> None:
        self._clock = clock

    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self._clock.elapsed()

    def left(self) -> float:
        """Seconds until the report must begin; never negative."""
        return self._clock.remaining()

    def keep_back(self, seconds: float) -> None:
        """Has no effect any more."""
