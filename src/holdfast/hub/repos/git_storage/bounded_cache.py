"""A small thread-safe LRU for immutable facts. Knows nothing of git."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """At most `max_entries` facts; the least recently used one goes first."""

    def __init__(self, max_entries: int) -> None:
        self._max_entries = max_entries
        self._facts: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """The fact, or None when it is not remembered."""
        with self._lock:
            fact = self._facts.get(key)
            if fact is not None:
                self._facts.move_to_end(key)
            return fact

    def put(self, key: K, fact: V) -> None:
        """Remember a fact, forgetting the oldest one when full."""
        with self._lock:
            self._facts[key] = fact
            self._facts.move_to_end(key)
            if len(self._facts) > self._max_entries:
                self._facts.popitem(last=False)

    def __len__(self) -> int:
        return len(self._facts)
