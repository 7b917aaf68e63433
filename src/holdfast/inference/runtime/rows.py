"""Rows and batches: what a model sees of one sentence, image or sound, and how many of them it sees at once.

A row is a dict of arrays without a batch dimension. Arrays of whole numbers are sequences: they are padded along their
first dimension. Arrays of other numbers (pixels, samples) are never padded, as that changes results: rows with
different shapes go into different batches. Only numpy here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Row = Mapping[str, "np.ndarray[Any, Any]"]


@dataclass(frozen=True)
class Padding:
    """How sequences are made equally long.

    Args:
        values: what fills an array, by its name; 0 for all others.
        side: where the filling goes.
    """

    values: Mapping[str, int] = field(default_factory=dict)
    side: Literal["left", "right"] = "right"


def size_of(row: Row) -> int:
    """What a row costs: its tokens if it has any, else its numbers by 256 (a patch of 16 × 16)."""
    for name in ("input_ids", "decoder_input_ids"):
        if name in row:
            return max(1, len(row[name]))
    return max(1, sum(array.size for array in row.values()) // 256)


def batches(rows: Sequence[Row], max_size: int, max_rows: int) -> Iterator[list[int]]:
    """Indexes of rows that go together: alike in shape, near in length, and no more than `max_size` when padded."""
    order = sorted(range(len(rows)), key=lambda index: (repr(_fixed_shapes(rows[index])), -size_of(rows[index])))
    batch: list[int] = []
    for index in order:
        if batch and not _fits(rows, batch, index, max_size, max_rows):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _fits(rows: Sequence[Row], batch: Sequence[int], index: int, max_size: int, max_rows: int) -> bool:
    longest = rows[batch[0]]
    alike = _fixed_shapes(longest) == _fixed_shapes(rows[index])
    return alike and len(batch) < max_rows and size_of(longest) * (len(batch) + 1) <= max_size


def _fixed_shapes(row: Row) -> list[tuple[str, tuple[int, ...]]]:
    return sorted((name, array.shape[1:] if _is_sequence(array) else array.shape) for name, array in row.items())


def _is_sequence(array: np.ndarray[Any, Any]) -> bool:
    return bool(array.ndim) and array.dtype.kind in "iub"


def stack(rows: Sequence[Row], padding: Padding) -> dict[str, np.ndarray[Any, Any]]:
    """Rows of one batch as arrays with a batch dimension in front."""
    return {name: _stack_arrays([row[name] for row in rows], name, padding) for name in rows[0]}


def _stack_arrays(arrays: Sequence[np.ndarray[Any, Any]], name: str, padding: Padding) -> np.ndarray[Any, Any]:
    if not _is_sequence(arrays[0]):
        return np.stack(arrays)
    longest = max(len(array) for array in arrays)
    whole = np.full((len(arrays), longest, *arrays[0].shape[1:]), padding.values.get(name, 0), arrays[0].dtype)
    for line, array in zip(whole, arrays, strict=True):
        start = longest - len(array) if padding.side == "left" else 0
        line[start : start + len(array)] = array
    return whole


def unpad(array: np.ndarray[Any, Any], length: int, padding: Padding) -> np.ndarray[Any, Any]:
    """The part of one output that belongs to the row's own `length` positions."""
    return array[len(array) - length :] if padding.side == "left" else array[:length]
