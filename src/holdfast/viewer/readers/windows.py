"""The beginning of a text file: enough for its first rows."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.viewer.domain import Source


@dataclass(frozen=True)
class Window:
    """`text` ends at a line end unless `is_whole`: then it is all of the file."""

    text: str
    is_whole: bool


def read_window(source: Source, max_bytes: int) -> Window:
    """Read at most `max_bytes`; bytes that are not UTF-8 become U+FFFD."""
    data = source.read(0, min(max_bytes, source.size_bytes))
    is_whole = source.size_bytes <= max_bytes
    if not is_whole:
        data = data[: data.rfind(b"\n") + 1]
    return Window(_decode(data), is_whole)


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")
