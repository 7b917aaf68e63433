"""Chooses the reader of a file by its name."""

from __future__ import annotations

from collections.abc import Callable

from holdfast.viewer.domain import Source, TableHead, Unreadable
from holdfast.viewer.isolation import read_isolated
from holdfast.viewer.readers import delimited, json_lines, json_records

MAX_ROWS = 100

Reader = Callable[[Source, int], TableHead | Unreadable]

_ISOLATED = {"parquet": "parquet", "pq": "parquet", "arrow": "arrow", "feather": "arrow"}
_READERS: dict[str, Reader] = {
    "csv": delimited.read_head,
    "tsv": delimited.read_head,
    "jsonl": json_lines.read_head,
    "ndjson": json_lines.read_head,
    "json": json_records.read_head,
}
SUFFIXES = frozenset((*_ISOLATED, *_READERS))
"""Of names that may be tables, in lower case."""


def read_table_head(path: str, source: Source, max_rows: int = MAX_ROWS) -> TableHead | Unreadable:
    """The columns and first rows of a data file, in bounded memory whatever it holds."""
    suffix = path.rpartition(".")[2].lower()
    if suffix in _ISOLATED:
        return read_isolated(_ISOLATED[suffix], source, max_rows)
    reader = _READERS.get(suffix)
    return Unreadable("is of a kind that is not shown as a table") if reader is None else reader(source, max_rows)
