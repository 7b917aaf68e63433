"""The files of one revision, as facts are derived from them: paths, sizes, and a way to read a few bytes.

It knows what may be read and how much of it, not where bytes lie.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson

from holdfast.base.errors import NotFound
from holdfast.base.json_values import nests_too_deep

MAX_JSON_BYTES = 4 * 1024 * 1024
"""Configuration files above this are not read: they are something else under a familiar name."""

Read = Callable[[str, int, int], bytes]
"""`read(path, start, length)` answers the file's bytes from `start`, fewer than `length` only at its end.

Raises `NotFound` when the content was never stored; other errors mean that the storage is in trouble.
"""


@dataclass(frozen=True)
class RepoFile:
    """A file of the revision; `size_bytes` is the content's, not that of an LFS pointer."""

    path: str
    size_bytes: int


class RepoFiles:
    """The files of a revision by path, readable where small enough."""

    def __init__(self, files: Iterable[RepoFile], read: Read) -> None:
        self.sizes = {file.path: file.size_bytes for file in files}
        self.read = read
        self.paths = sorted(self.sizes)
        self.root_names = {path for path in self.paths if "/" not in path}

    @cached_property
    def by_suffix(self) -> dict[str, list[str]]:
        """Paths by the lower-case word behind their last dot; files without one are under ""."""
        groups: dict[str, list[str]] = {}
        for path in self.paths:
            name = path.rpartition("/")[2]
            groups.setdefault(name.rpartition(".")[2].lower() if "." in name else "", []).append(path)
        return groups

    def text(self, path: str, limit_bytes: int = MAX_JSON_BYTES) -> str | None:
        """The file as text; None if absent, larger than the limit or not stored. Bad UTF-8 and NUL become U+FFFD."""
        size = self.sizes.get(path)
        if size is None or size > limit_bytes:
            return None
        try:
            return self.read(path, 0, size).decode("utf-8", "replace").replace("\0", "\ufffd")
        except NotFound:
            return None

    def json_object(self, path: str) -> dict[str, Any]:
        """The file's JSON object; empty if absent, too large, too deep, broken or another JSON value."""
        text = self.text(path)
        if not text:
            return {}
        value = _load_json(text.removeprefix("\ufeff").replace("\\u0000", "\ufffd"))
        return value if isinstance(value, dict) and not nests_too_deep(value) else {}


def _load_json(text: str) -> Any:
    """The value, or None for broken JSON. Python's `NaN` and `Infinity`, which configurations do hold, become null."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if "NaN" not in text and "Infinity" not in text:
            return None
    try:
        return orjson.loads(orjson.dumps(json.loads(text, parse_constant=lambda _: None)))
    except (ValueError, TypeError, RecursionError):
        return None
