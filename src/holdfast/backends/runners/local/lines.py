"""A file of lines that only grows, and an index beside it: for each line, where it ends and when it came.

A line counts once its entry is in the index; what a crash left behind it is cut off by the next writer. There is one
writer at a time; readers need no lock. Standard library only: supervisors import it.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

ENTRY = struct.Struct("<QQ")
"""Where the line ends in the file, and the moment (milliseconds since 1970)."""


class LineWriter:
    """Appends lines.

    Args:
        path: of the lines; the index is `path` with `.index` after it.
        max_bytes: further lines are dropped; the first that is leaves `marker` in its place.
        marker: says that lines are missing.
    """

    def __init__(self, path: Path, max_bytes: int, marker: str) -> None:
        self._max_bytes = max_bytes
        self._marker = marker.encode()
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._lines = os.open(path, flags, 0o600)
        self._index = os.open(_index_of(path), flags, 0o600)
        entries = os.fstat(self._index).st_size // ENTRY.size
        os.ftruncate(self._index, entries * ENTRY.size)
        self._end = _entry(self._index, entries - 1)[0] if entries else 0
        os.ftruncate(self._lines, self._end)
        os.lseek(self._lines, 0, os.SEEK_END)
        os.lseek(self._index, 0, os.SEEK_END)
        self._is_full = self._end >= max_bytes

    def append(self, lines: list[bytes], at: int) -> None:
        """Write lines (without their ends) that came at the same moment."""
        if self._is_full or not lines:
            return
        body, index = bytearray(), bytearray()
        for line in lines:
            if self._end + len(body) + len(line) + 1 > self._max_bytes:
                self._is_full = True
            body += (self._marker if self._is_full else line) + b"\n"
            index += ENTRY.pack(self._end + len(body), at)
            if self._is_full:
                break
        _write_all(self._lines, body)
        _write_all(self._index, index)
        self._end += len(body)

    def close(self) -> None:
        """Give the files back."""
        for descriptor in (self._lines, self._index):
            os.close(descriptor)


def read_lines(path: Path, start: int, limit: int) -> list[tuple[int, int, str]]:
    """Up to `limit` lines from number `start` on, as number, moment and text; a negative `start` counts from the end.

    What is no UTF-8 is replaced. No file is no lines.
    """
    try:
        index = os.open(_index_of(path), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return []
    try:
        count = os.fstat(index).st_size // ENTRY.size
        first = max(0, count + start) if start < 0 else start
        wanted = min(limit, count - first)
        if wanted <= 0:
            return []
        entries = list(ENTRY.iter_unpack(os.pread(index, wanted * ENTRY.size, first * ENTRY.size)))
        begin = _entry(index, first - 1)[0] if first else 0
    finally:
        os.close(index)
    return _texts(path, first, begin, entries)


def _texts(path: Path, first: int, begin: int, entries: list[tuple[int, int]]) -> list[tuple[int, int, str]]:
    with path.open("rb") as file:
        file.seek(begin)
        found = []
        for number, (end, at) in enumerate(entries, first):
            found.append((number, at, file.read(end - begin)[:-1].decode("utf-8", "replace")))
            begin = end
    return found


def _index_of(path: Path) -> Path:
    return path.with_name(path.name + ".index")


def _entry(index: int, number: int) -> tuple[int, int]:
    end, at = ENTRY.unpack(os.pread(index, ENTRY.size, number * ENTRY.size))
    return end, at


def _write_all(descriptor: int, data: bytearray) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
