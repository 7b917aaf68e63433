"""Tables as callers send them: columns by name, or rows, or both; made equal, checked, ordered. Pure.

Source: huggingface_hub 2.4.0, inference/_client.py, tabular_classification: columns of text, also where numbers are
meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.kinds import Cell, Either, Field, ListOf, MapOf, Record

Columns = dict[str, list[Any]]
MAX_ROWS = 10_000

TABLE = Either(
    (MapOf(ListOf(Cell(), max_items=MAX_ROWS), 1_000), ListOf(MapOf(Cell(), 1_000), min_items=1, max_items=MAX_ROWS)),
    "an object of columns ({name: [values]}) or a list of rows ([{name: value}])",
)

TABLE_INPUT = Record(
    {"table": Field(TABLE, "Columns by name, or a list of rows.", required=True, also_called=("data",))}
)
"""What tabular tasks take."""


def columns_of(table: Any, names: Sequence[str] | None, name: str = "inputs.table") -> Columns:
    """A table by columns, in the model's order.

    Args:
        table: a parsed `TABLE`.
        names: the model's columns; None: it knows no names, and takes what comes.
        name: where the table stood.

    Raises:
        InvalidInput: columns of different lengths, without rows, missing, or unknown to the model.
    """
    columns = table if isinstance(table, dict) else _from_rows(table, name)
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1 or 0 in lengths:
        raise InvalidInput(field=name, problem="must have columns of the same length, with at least one value")
    if names is None:
        return columns
    for wanted in names:
        if wanted not in columns:
            raise InvalidInput(field=f"{name}.{wanted}", problem="is a column that this model needs")
    for given in columns:
        if given not in names:
            raise InvalidInput(field=f"{name}.{given[:80]}", problem=f"is no column of this model: {', '.join(names)}")
    return {wanted: columns[wanted] for wanted in names}


def _from_rows(rows: Sequence[Mapping[str, Any]], name: str) -> Columns:
    for index, row in enumerate(rows):
        if row.keys() != rows[0].keys():
            raise InvalidInput(field=f"{name}[{index}]", problem="must have the same columns as the first row")
    return {column: [row[column] for row in rows] for column in rows[0]}


def as_numbers(values: Sequence[Any]) -> list[Any]:
    """A column of texts that are all numbers as numbers; any other column as it is. Empty text means: missing."""
    if not all(isinstance(value, str) for value in values):
        return list(values)
    found = [_number(value) for value in values]
    return list(values) if any(isinstance(number, str) for number in found) else found


def _number(text: str) -> float | str | None:
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        return text
