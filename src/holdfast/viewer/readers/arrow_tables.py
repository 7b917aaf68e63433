"""Batches of pyarrow as heads of tables."""

from __future__ import annotations

from typing import Any

from holdfast.viewer.domain import MAX_COLUMNS, MAX_NAME_CHARACTERS, Column, TableHead, cell, cut


def head_of_batch(schema: Any, batch: Any, total_rows: int | None) -> TableHead:
    """A head of a schema's first columns and a batch that has them first; `batch` None means no rows."""
    shown = min(len(schema.names), MAX_COLUMNS)
    columns = tuple(
        Column(cut(schema.names[index], MAX_NAME_CHARACTERS), cut(str(schema.field(index).type), MAX_NAME_CHARACTERS))
        for index in range(shown)
    )
    values = [] if batch is None else [[cell(value.as_py()) for value in batch.column(index)] for index in range(shown)]
    return TableHead(columns, tuple(zip(*values, strict=True)), total_rows, len(schema.names))
