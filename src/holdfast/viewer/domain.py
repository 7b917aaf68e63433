"""Tables and where they are read from. No I/O."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

MAX_COLUMNS = 200
"""Further ones are counted, not shown."""
MAX_CELL_CHARACTERS = 1_000
MAX_NAME_CHARACTERS = 200

_WHOLE_NUMBERS = 2**63

Cell = str | int | float | bool | None
"""Nested values are their JSON; bytes say how many they are."""


class Source(Protocol):
    """A file's bytes, to be read in pieces."""

    @property
    def size_bytes(self) -> int:
        """Of the whole file."""
        ...

    def read(self, start: int, length: int) -> bytes:
        """At most `length` bytes from `start`; fewer only at the end."""
        ...


@dataclass(frozen=True)
class Column:
    """`kind` is the format's own word (`int64`), or what the values look like (`number`, `text`)."""

    name: str
    kind: str


@dataclass(frozen=True)
class TableHead:
    """The beginning of a table.

    Args:
        rows: each with one cell per column.
        total_rows: of the whole file; None when counting would mean reading it all.
        total_columns: of the whole file.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total_rows: int | None
    total_columns: int

    def as_json(self) -> dict[str, Any]:
        """For answers of the API, and between processes."""
        return {
            "columns": [{"name": column.name, "type": column.kind} for column in self.columns],
            "rows": [list(row) for row in self.rows],
            "numRows": self.total_rows,
            "numColumns": self.total_columns,
        }


@dataclass(frozen=True)
class Unreadable:
    """Why a file has no table to show: half a sentence that follows the file's name."""

    problem: str


def head_of_json(value: dict[str, Any]) -> TableHead:
    """Back from `TableHead.as_json`."""
    return TableHead(
        tuple(Column(column["name"], column["type"]) for column in value["columns"]),
        tuple(tuple(row) for row in value["rows"]),
        value["numRows"],
        value["numColumns"],
    )


def head_of_records(records: Sequence[dict[str, Any]], total_rows: int | None) -> TableHead:
    """A table of objects: their keys, in the order in which they first occur, are its columns."""
    names = list(dict.fromkeys(name for record in records for name in record))
    shown = names[:MAX_COLUMNS]
    rows = tuple(tuple(cell(record.get(name)) for name in shown) for record in records)
    kinds = [kind_of(row[index] for row in rows) for index in range(len(shown))]
    columns = tuple(Column(cut(name, MAX_NAME_CHARACTERS), kind) for name, kind in zip(shown, kinds, strict=True))
    return TableHead(columns, rows, total_rows, len(names))


def cell(value: Any) -> Cell:
    """Any value of a file as something that can be shown and sent."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -_WHOLE_NUMBERS <= value < _WHOLE_NUMBERS else cut(str(value), MAX_CELL_CHARACTERS)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return cut(value, MAX_CELL_CHARACTERS)
    if isinstance(value, bytes):
        return _bytes(value)
    return cut(_json(value), MAX_CELL_CHARACTERS)


def kind_of(cells: Iterable[Cell]) -> str:
    """What cells without a declared type look like."""
    kinds = {type(value) for value in cells if value is not None}
    if not kinds:
        return "empty"
    if kinds == {bool}:
        return "true or false"
    return "number" if kinds <= {int, float} else "text"


def cut(text: str, limit: int) -> str:
    """At most `limit` characters of a text, with a sign where it was cut; halves of surrogate pairs are replaced."""
    text = text[: limit + 1].encode("utf-8", "replace").decode()
    return text if len(text) <= limit else text[:limit] + "…"


def _bytes(value: bytes) -> str:
    return f"{len(value)} bytes"


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value, default=_other, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, ValueError):  # such as whole numbers over 64 bits, deep nesting
        return str(type(value).__name__)


def _other(value: Any) -> Any:
    return _bytes(value) if isinstance(value, bytes) else str(value)[:MAX_CELL_CHARACTERS]
