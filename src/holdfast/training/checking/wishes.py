"""Columns that people say the kind of, where the check's own judgement is wrong: a postcode is no number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from holdfast.training.checking.dates import read_dates
from holdfast.training.checking.draft import Draft
from holdfast.training.checking.kinds import Judgement
from holdfast.training.checking.phrases import code, count
from holdfast.training.domain.data import ColumnKind

_WORDS = (ColumnKind.CATEGORY, ColumnKind.TEXT)
_MOSTLY = 0.5


def wished_kind(draft: Draft, name: str) -> ColumnKind | None:
    """What the spec says that a column holds; None where it leaves that to the check."""
    wish = draft.spec.kinds.get(name)
    return None if wish in (None, "ignore") else ColumnKind(wish)


def as_words(values: pd.Series[Any]) -> pd.Series[Any]:
    """Every value as people write it: `10115.0` of a column of whole numbers is `10115`."""
    if types.is_bool_dtype(values) or types.is_string_dtype(values):
        return values.astype(object)
    return values.map(lambda value: None if _is_missing(value) else _written(value)).astype(object)


def is_of_words(kind: ColumnKind | None) -> bool:
    """Whether its values are left as they are written."""
    return kind in _WORDS


def wished(
    draft: Draft, name: str, kind: ColumnKind, values: pd.Series[Any], found: Judgement
) -> tuple[pd.Series[Any], Judgement]:
    """A column that was read as the check would, as the kind that was asked for.

    What can't be read so is counted as missing, and said; where that is most of it, the run is stopped.

    Args:
        draft: takes what is said.
        name: of the column.
        kind: that was asked for.
        values: as they were read.
        found: what the check takes it for.
    """
    asked = Judgement(kind, 1.0)
    if found.kind is kind or kind in _WORDS or found.kind is ColumnKind.EMPTY:
        return values, asked
    read = _numbers(values) if kind is ColumnKind.NUMBER else _dates(values)
    lost = values.notna() & read.isna()
    if lost.sum() > _MOSTLY * max(1, int(values.notna().sum())):
        draft.block(
            "not-that-kind",
            f"{code(name)} can't be read as {kind.value}s: {code(values[lost].iloc[0])} is none, and most others "
            "aren't either.",
            "Let Holdfast decide what it holds, or choose another kind.",
            name,
        )
        return values, found
    if lost.any():
        draft.repaired(
            "not-that-kind",
            f"{count(int(lost.sum()), 'value')} of {code(name)} can't be read as {kind.value}s, such as "
            f"{code(values[lost].iloc[0])}; counted as missing.",
            column=name,
        )
    return read, asked


def _numbers(values: pd.Series[Any]) -> pd.Series[Any]:
    if types.is_datetime64_any_dtype(values):
        return values.map(lambda value: np.nan if pd.isna(value) else value.timestamp() / 86_400)
    return pd.to_numeric(values, errors="coerce").astype(float)


def _dates(values: pd.Series[Any]) -> pd.Series[Any]:
    texts = as_words(values)
    known = texts.dropna()
    compact = known.str.fullmatch(r"(19|20)\d{6}")
    dates = read_dates(list(known.where(~compact, known.str.replace(r"(....)(..)(..)", r"\1-\2-\3", regex=True))))
    read = pd.Series(np.datetime64("NaT", "us"), index=values.index)
    if dates is not None:
        read[known.index] = dates.values
    return read


def _is_missing(value: Any) -> bool:
    return value is None or (not isinstance(value, list | dict | np.ndarray) and bool(pd.isna(value)))


def _written(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
