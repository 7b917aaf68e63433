"""Values of rows in words: short enough for a report, and never a picture's bytes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from holdfast.training.domain.data import ColumnKind

_LONGEST_TEXT, _LONGEST = 300, 80
_MOST_COLUMNS = 12
_FILES: Mapping[ColumnKind | None, str] = {ColumnKind.IMAGE: "picture", ColumnKind.AUDIO: "sound"}


def shown(row: pd.Series[Any], columns: Sequence[str], kinds: Mapping[str, ColumnKind]) -> dict[str, str]:
    """A row by column, cut short; pictures and sounds are named by their size."""
    return {name: in_words(row[name], kinds.get(name)) for name in columns[:_MOST_COLUMNS]}


def in_words(value: Any, kind: ColumnKind | None = None) -> str:
    """One value in words."""
    if isinstance(value, bytes):
        return f"{_FILES.get(kind, 'file')} of {size_of(len(value))}"
    if is_missing(value):
        return "missing"
    text = number_of(value) if isinstance(value, float) else " ".join(str(value).split())
    most = _LONGEST_TEXT if kind is ColumnKind.TEXT else _LONGEST
    return text if len(text) <= most else f"{text[: most - 1]}…"


def is_missing(value: Any) -> bool:
    """Whether there is no value."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def number_of(value: float) -> str:
    """A number with as many digits as tell something."""
    return f"{value:,.0f}" if abs(value) >= 10_000 or value == int(value) else f"{value:.4g}"


def counted(count: int, noun: str) -> str:
    """A count with its noun, in the plural where that is right."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def size_of(count: int) -> str:
    """Bytes as people say it."""
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{count / 1_000:.1f} kB"
