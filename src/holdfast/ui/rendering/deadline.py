"""A limit on the time that one text may take: hostile ones find what a parser is slow at."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


class TooSlow(Exception):
    """The text takes longer than it may."""


@dataclass
class Deadline:
    """Starts when it is made, and counts what its thread computes: on a busy server, texts are no slower."""

    seconds: float
    _end: float = field(init=False)

    def __post_init__(self) -> None:
        self._end = time.thread_time() + self.seconds

    def check(self) -> None:
        """Raise TooSlow once the time is over."""
        if time.thread_time() > self._end:
            raise TooSlow
