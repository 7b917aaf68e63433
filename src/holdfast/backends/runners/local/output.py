"""Turns what a command writes into lines of its log, without its secrets. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = b"***"
MAX_LINE_BYTES = 64 * 1024
_SHORTEST_SECRET = 4
"""Shorter ones would black out words by chance, and are none."""
_ENDS = re.compile(rb"\r\n|\n|\r")


class LineSplitter:
    """Collects bytes and gives lines.

    The carriage return of a progress bar ends a line too. A line longer than `MAX_LINE_BYTES` goes on in the next one.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        words = {word.encode() for secret in secrets for word in secret.splitlines()}
        longest_first = sorted((word for word in words if len(word) >= _SHORTEST_SECRET), key=len, reverse=True)
        self._secrets = re.compile(b"|".join(map(re.escape, longest_first))) if longest_first else None
        self._kept_back = len(longest_first[0]) if longest_first else 0
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete now."""
        text = self._rest + data
        pieces = _ENDS.split(text)
        self._rest = pieces.pop()
        if text.endswith(b"\r"):  # perhaps the first half of \r\n: wait for what follows
            self._rest = pieces.pop() + b"\r"
        lines = [self._masked(part) for piece in pieces for part in self._cut(piece)]
        if len(self._rest) > MAX_LINE_BYTES + self._kept_back:
            self._rest = self._masked(self._rest)
        while (
            len(self._rest) > MAX_LINE_BYTES + self._kept_back
        ):  # its end might be the beginning of a secret: it stays
            lines.append(self._rest[:MAX_LINE_BYTES])
            self._rest = self._rest[MAX_LINE_BYTES:]
        return lines

    def finish(self) -> list[bytes]:
        """The last line, if it has no end."""
        rest, self._rest = self._rest.rstrip(b"\r"), b""
        return [self._masked(part) for part in self._cut(rest)] if rest else []

    def _cut(self, line: bytes) -> list[bytes]:
        if len(line) <= MAX_LINE_BYTES:
            return [line]
        masked = self._masked(line)
        return [masked[start : start + MAX_LINE_BYTES] for start in range(0, len(masked), MAX_LINE_BYTES)]

    def _masked(self, line: bytes) -> bytes:
        return self._secrets.sub(MASK, line) if self._secrets else line
