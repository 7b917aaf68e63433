"""A JSON file that is a table: a list of objects, lists of equal length by name, or an object around such a list."""

from __future__ import annotations

from typing import Any

import orjson

from holdfast.base.json_values import nests_too_deep
from holdfast.viewer.domain import Source, TableHead, Unreadable, head_of_records

MAX_BYTES = 8 * 1024 * 1024
"""JSON is read whole or not at all."""


def read_head(source: Source, max_rows: int) -> TableHead | Unreadable:
    """The first rows."""
    if source.size_bytes > MAX_BYTES:
        return Unreadable("is too large to be shown as a table; JSON can only be read as a whole")
    try:
        value = orjson.loads(source.read(0, source.size_bytes))
    except orjson.JSONDecodeError:
        return Unreadable("is not valid JSON")
    if nests_too_deep(value):
        return Unreadable("is nested too deep")
    found = _records(value, max_rows)
    if found is None:
        return Unreadable("is no table: neither a list of objects nor lists of equal length")
    return head_of_records(*found)


def _records(value: Any, max_rows: int) -> tuple[list[dict[str, Any]], int] | None:
    """The first rows as objects, and how many there are in all."""
    if isinstance(value, list):
        return (value[:max_rows], len(value)) if value and all(isinstance(item, dict) for item in value) else None
    if not isinstance(value, dict) or not value:
        return None
    if _are_columns(value):
        columns = [column[:max_rows] for column in value.values()]
        rows = [dict(zip(value, row, strict=True)) for row in zip(*columns, strict=True)]
        return rows, len(next(iter(value.values())))
    lists = [item for item in value.values() if isinstance(item, list) and len(item) > 1]
    return _records(lists[0], max_rows) if len(lists) == 1 else None


def _are_columns(value: dict[str, Any]) -> bool:
    columns = list(value.values())
    if len(columns) < 2 or not all(isinstance(column, list) for column in columns):
        return False
    return len({len(column) for column in columns}) == 1 and len(columns[0]) > 0
