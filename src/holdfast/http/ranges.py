"""Conditional and range requests: pure functions from header values to decisions.

Source: RFC 9110 sections 8.8.3 (entity tags), 13.1 (preconditions), 14 (ranges). Knows no files and sends nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from holdfast.base.errors import RangeNotSatisfiable

MAX_RANGES = 100
"""More ranges than this in one request are an attack or a mistake: parquet readers ask for a few dozen."""

_SPEC = re.compile(r"([0-9]*)-([0-9]*)")
_ENTITY_TAG = re.compile(r'(W/)?"([^"]*)"')
_MAX_OVERLAPS = 2


@dataclass(frozen=True, order=True)
class ByteRange:
    """Bytes `start` up to but without `end`."""

    start: int
    end: int

    @property
    def size_bytes(self) -> int:
        """How many bytes that is."""
        return self.end - self.start

    def content_range(self, total_bytes: int) -> str:
        """The value of Content-Range."""
        return f"bytes {self.start}-{self.end - 1}/{total_bytes}"


def parse_ranges(header: str, size_bytes: int) -> tuple[ByteRange, ...] | None:
    """Read a Range header for a file of `size_bytes`, in the order asked for.

    Returns:
        None where the header is to be ignored: malformed, or in another unit.

    Raises:
        RangeNotSatisfiable: nothing of the file was asked for, or a flood of ranges (RFC 9110 section 14.2).
    """
    unit, found, specs = header.partition("=")
    if not found or unit.strip().lower() != "bytes":
        return None
    words = [word for word in (spec.strip(" \t") for spec in specs.split(",")) if word]
    if not words:
        return None
    if len(words) > MAX_RANGES:
        raise RangeNotSatisfiable(size_bytes=size_bytes)
    bounds = [_bounds(word) for word in words]
    known = [bound for bound in bounds if bound is not None]
    if len(known) < len(bounds):
        return None
    ranges = tuple(asked for asked in (_within(bound, size_bytes) for bound in known) if asked is not None)
    if not ranges and _is_empty_tail(known, size_bytes):
        return None
    if not ranges or _overlaps(ranges) > _MAX_OVERLAPS:
        raise RangeNotSatisfiable(size_bytes=size_bytes)
    return ranges


def if_none_match(header: str, entity_tag: str) -> bool:
    """True when the client has this version already (weak comparison): answer 304.

    Args:
        header: `*` or a list of entity tags; some clients leave out the quotes.
        entity_tag: of the file, with its quotes.
    """
    if header.strip() == "*":
        return True
    opaque = _opaque(entity_tag)
    tags = {match.group(2) for match in _ENTITY_TAG.finditer(header)}
    return opaque in tags or header.strip() == opaque


def if_range(header: str, entity_tag: str, last_modified: str | None = None) -> bool:
    """True when ranges may be served (strong comparison); False means: send the whole file."""
    header = header.strip()
    if header.startswith('"'):
        return header == entity_tag
    return last_modified is not None and header == last_modified


def _opaque(entity_tag: str) -> str:
    match = _ENTITY_TAG.fullmatch(entity_tag)
    return match.group(2) if match else entity_tag


def _bounds(word: str) -> tuple[int | None, int | None] | None:
    """First and last byte as written, None for what is left out; None altogether for what is no range."""
    match = _SPEC.fullmatch(word)
    if match is None or word == "-":
        return None
    first, last = (_number(group) for group in match.groups())
    if first is not None and last is not None and last < first:
        return None
    return first, last


def _number(digits: str) -> int | None:
    if not digits:
        return None
    digits = digits.lstrip("0") or "0"
    # No file has 10**19 bytes, and int() refuses thousands of digits.
    return int(digits) if len(digits) < 20 else 10**19


def _within(bound: tuple[int | None, int | None], size_bytes: int) -> ByteRange | None:
    first, last = bound
    if first is None:
        length = min(last or 0, size_bytes)
        return ByteRange(size_bytes - length, size_bytes) if length else None
    if first >= size_bytes:
        return None
    return ByteRange(first, size_bytes if last is None else min(last + 1, size_bytes))


def _is_empty_tail(bounds: list[tuple[int | None, int | None]], size_bytes: int) -> bool:
    # The last n bytes of an empty file are the empty file, which 206 cannot express.
    return size_bytes == 0 and any(first is None and last for first, last in bounds)


def _overlaps(ranges: tuple[ByteRange, ...]) -> int:
    count, reached = 0, 0
    for asked in sorted(ranges):
        count += asked.start < reached
        reached = max(reached, asked.end)
    return count
