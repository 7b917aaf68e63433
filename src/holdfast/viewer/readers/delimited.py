"""CSV and its relatives: values between commas, tabs, semicolons or bars. The first line names the columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice

from holdfast.viewer.domain import (
    MAX_CELL_CHARACTERS,
    MAX_COLUMNS,
    MAX_NAME_CHARACTERS,
    Cell,
    Column,
    Source,
    TableHead,
    Unreadable,
    cut,
)
from holdfast.viewer.readers.windows import read_window

WINDOW_BYTES = 1024 * 1024
_SEPARATORS = ",\t;|"


def read_head(source: Source, max_rows: int) -> TableHead | Unreadable:
    """The first rows of a table of texts. `total_rows` only of files that fit into one window."""
    window = read_window(source, WINDOW_BYTES)
    if not window.text.strip():
        return Unreadable("is empty" if window.is_whole else "begins with a line that is too long to show")
    if "\0" in window.text:
        return Unreadable("holds bytes that no text has")
    try:
        rows = _rows(window.text)
        names = next(rows)
        shown = list(islice(rows, max_rows))
        total = len(shown) + sum(1 for _ in rows) if window.is_whole else None
    except (csv.Error, StopIteration) as error:
        return Unreadable(f"is not a table: {error or 'it has no rows'}")
    return _head(names, shown, total)


def _rows(text: str) -> Iterator[list[str]]:
    # Not `splitlines`, which also ends lines at letters that cells may hold, such as U+2028.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    return (row for row in reader if row)


def _separator(text: str) -> str:
    """Whichever is most frequent in the first line; a comma where none is."""
    first = text.lstrip("\r\n").partition("\n")[0]
    return max(_SEPARATORS, key=first.count)


def _head(names: list[str], rows: list[list[str]], total: int | None) -> TableHead:
    width = max(len(names), *(len(row) for row in rows)) if rows else len(names)
    names = names + [""] * (min(width, MAX_COLUMNS) - len(names))
    kept = min(width, MAX_COLUMNS)
    cells = tuple(tuple(_cell(row, index) for index in range(kept)) for row in rows)
    columns = tuple(
        Column(cut(name, MAX_NAME_CHARACTERS), _kind([row[index] for row in cells]))
        for index, name in enumerate(names[:kept])
    )
    return TableHead(columns, cells, total, width)


def _cell(row: list[str], index: int) -> Cell:
    return cut(row[index], MAX_CELL_CHARACTERS) if index < len(row) else None


def _kind(cells: list[Cell]) -> str:
    values = [value for value in cells if isinstance(value, str) and value.strip()]
    return "number" if values and all(_is_number(value) for value in values) else "text"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return len(text) <= 40
