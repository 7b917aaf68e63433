"""JSON Lines: one JSON value per line, usually an object."""

from __future__ import annotations

from typing import Any

import orjson

from holdfast.base.json_values import nests_too_deep
from holdfast.viewer.domain import Source, TableHead, Unreadable, head_of_records
from holdfast.viewer.readers.windows import read_window

WINDOW_BYTES = 4 * 1024 * 1024


def read_head(source: Source, max_rows: int) -> TableHead | Unreadable:
    """The first rows. Values that are no objects stand in a column `value`."""
    window = read_window(source, WINDOW_BYTES)
    lines = [line for line in window.text.split("\n") if line.strip()]
    if not lines:
        return Unreadable("is empty" if window.is_whole else "begins with a line that is too long to show")
    records: list[dict[str, Any]] = []
    for number, line in enumerate(lines[:max_rows], 1):
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            return Unreadable(f"is not JSON Lines: line {number} is not JSON")
        if nests_too_deep(value):
            return Unreadable(f"is nested too deep in line {number}")
        records.append(value if isinstance(value, dict) else {"value": value})
    return head_of_records(records, len(lines) if window.is_whole else None)
