"""Keeps the indexes of recently used xorbs in a bounded amount of memory."""

from __future__ import annotations

import threading
from collections import OrderedDict

from holdfast.hub.xet.formats.hashes import XetHash
from holdfast.hub.xet.formats.xorb_index import XorbIndex

BYTES_PER_CHUNK = 40
BYTES_PER_INDEX = 600
"""Of Python's own: the dataclass, two arrays and the entry."""


class IndexCache:
    """Forgets what was unused for longest. Safe to share between threads."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._size_bytes = 0
        self._indexes: OrderedDict[XetHash, XorbIndex] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        """About how much memory the kept indexes take."""
        return self._size_bytes

    def get(self, xorb: XetHash) -> XorbIndex | None:
        """The index, or None when it is not here."""
        with self._lock:
            index = self._indexes.get(xorb)
            if index is not None:
                self._indexes.move_to_end(xorb)
            return index

    def put(self, index: XorbIndex) -> None:
        """Keep an index for as long as there is room."""
        with self._lock:
            if index.hash in self._indexes:
                return
            self._indexes[index.hash] = index
            self._size_bytes += _size(index)
            while self._size_bytes > self._limit_bytes:
                _, oldest = self._indexes.popitem(last=False)
                self._size_bytes -= _size(oldest)

    def drop(self, xorb: XetHash) -> None:
        """Forget one index."""
        with self._lock:
            index = self._indexes.pop(xorb, None)
            if index is not None:
                self._size_bytes -= _size(index)


def _size(index: XorbIndex) -> int:
    return len(index) * BYTES_PER_CHUNK + BYTES_PER_INDEX
