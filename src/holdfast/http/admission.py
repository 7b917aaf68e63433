"""Lets a limited number of requests in and tells the others to come back, before their bodies are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from holdfast.base.errors import Overloaded


class Admission:
    """Counts who is inside; for one event loop."""

    def __init__(self, places: int) -> None:
        self._places = places
        self.inside = 0

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Take a place for as long as the block lasts.

        Raises:
            Overloaded: there is none.
        """
        if self.inside >= self._places:
            raise Overloaded
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1
