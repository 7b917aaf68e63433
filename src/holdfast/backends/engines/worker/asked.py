"""Questions in a model's process: who is next, and what of each is still to be computed. No waiting and no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from holdfast.backends.engines.protocol import USUAL_URGENCY
from holdfast.backends.engines.worker.hosted import Part, Prepared

MANY_PARTS = 16
"""A question of more parts goes behind those that somebody is likely to wait for, unless it says otherwise."""
PATIENCE_SECONDS = 10.0
"""Who has waited for so long goes first, whatever the urgency: nobody waits for ever."""


@dataclass(eq=False)
class Asked:
    """A question that was taken in.

    Args:
        number: as its asker knows it.
        prepared: its parts.
        urgency: see `Question`.
        came_at: seconds of a clock that only goes forward.
        is_streamed: its answer goes out in chunks.
    """

    number: int
    prepared: Prepared
    urgency: int
    came_at: float
    is_streamed: bool
    results: dict[int, Any] = field(default_factory=dict)
    begun: int = 0

    @property
    def next_part(self) -> Part | None:
        """The first part that nobody computes yet."""
        return self.prepared.parts[self.begun] if self.begun < len(self.prepared.parts) else None

    @property
    def is_answered(self) -> bool:
        """Whether all parts have their results."""
        return len(self.results) == len(self.prepared.parts)

    def take(self, results: Sequence[Any]) -> None:
        """The results of its next parts."""
        self.results |= enumerate(results, self.begun)
        self.begun += len(results)

    def rank(self, now: float) -> tuple[int, int]:
        """Its place in the line: smaller is sooner."""
        if now - self.came_at > PATIENCE_SECONDS:
            return -1, self.number
        is_much = self.urgency == USUAL_URGENCY and len(self.prepared.parts) > MANY_PARTS
        return self.urgency + is_much, self.number


@dataclass
class Line:
    """Questions that wait, or some of whose parts do."""

    _asked: dict[int, Asked] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._asked)

    def __contains__(self, asked: Asked) -> bool:
        return asked.number in self._asked

    def add(self, asked: Asked) -> None:
        """Take one in."""
        self._asked[asked.number] = asked

    def remove(self, number: int) -> None:
        """Forget one, if it is there."""
        self._asked.pop(number, None)

    def in_order(self, now: float) -> Iterator[Asked]:
        """The most urgent first; among equals, first come, first served."""
        yield from sorted(self._asked.values(), key=lambda asked: asked.rank(now))


@dataclass
class Batch:
    """Parts that are computed together: of one group, and of sizes that fit.

    Args:
        room: for so much; one part alone may be larger.
    """

    room: int
    chosen: list[tuple[Asked, list[Part]]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    def add(self, asked: Asked) -> None:
        """Take as many parts of a question as fit."""
        some: list[Part] = []
        for part in asked.prepared.parts[asked.begun :]:
            if self.parts and (part.group != self.parts[0].group or part.size > self.room):
                break
            some.append(part)
            self.parts.append(part)
            self.room -= part.size
        if some or not asked.prepared.parts:
            self.chosen.append((asked, some))

    def share(self, results: list[Any]) -> None:
        """Give every question the results of its parts."""
        start = 0
        for asked, some in self.chosen:
            asked.take(results[start : start + len(some)])
            start += len(some)
