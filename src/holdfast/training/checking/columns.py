"""Reads each column as what it is: numbers are finite, texts are stripped and mended, what says nothing is missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from holdfast.training.checking import encodings
from holdfast.training.checking.draft import Draft
from holdfast.training.checking.kinds import Judgement, kind_of_numbers, kind_of_objects, kind_of_texts
from holdfast.training.checking.phrases import code, count
from holdfast.training.checking.understanding import TextColumn, understood
from holdfast.training.checking.wishes import as_words, is_of_words, wished, wished_kind
from holdfast.training.domain.data import ColumnKind

_NOTHING = {"", "na", "n/a", "#n/a", "nan", "null", "nil", "?", "<na>", "(null)", "#null!", "#div/0!", "#value!", "nat"}
_TEXT_ROLES = (
    "text",
    "question",
    "context",
    "answers",
    "prompt",
    "completion",
    "chosen",
    "rejected",
    "sentence1",
    "sentence2",
)


def read_columns(draft: Draft) -> None:
    """Read every column, and note what had to be understood."""
    texts = {name for role, name in draft.spec.columns.items() if role in _TEXT_ROLES}
    read = {}
    for name in draft.frame.columns:
        values, judgement = _wished_or_read(draft, name, as_text=name in texts)
        read[name] = values
        draft.kinds[name], draft.certainties[name] = judgement.kind, judgement.confidence
    draft.frame = pd.DataFrame(read, index=draft.frame.index)


def _wished_or_read(draft: Draft, name: str, *, as_text: bool) -> tuple[pd.Series, Judgement]:
    kind, given = wished_kind(draft, name), draft.frame[name]
    if is_of_words(kind):
        given, as_text = as_words(given), True
    values, judgement = _read(draft, given, name, as_text=as_text)
    return (values, judgement) if kind is None else wished(draft, name, kind, values, judgement)


def _read(draft: Draft, values: pd.Series, name: str, *, as_text: bool) -> tuple[pd.Series, Judgement]:
    if types.is_bool_dtype(values):
        return values, Judgement(ColumnKind.BOOLEAN, 1.0)
    if types.is_datetime64_any_dtype(values):
        return _without_zone(values), Judgement(ColumnKind.DATE, 1.0)
    if types.is_numeric_dtype(values):
        return _finite(draft, values, name)
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    judgement = kind_of_objects(values)
    if judgement and judgement.kind is ColumnKind.EMPTY:
        return values, judgement
    if judgement and judgement.kind is not None:
        return values, judgement
    return _read_texts(draft, values, name, as_text=as_text)


def _without_zone(values: pd.Series) -> pd.Series:
    return values.dt.tz_convert("UTC").dt.tz_localize(None) if values.dt.tz is not None else values


def _finite(draft: Draft, values: pd.Series, name: str) -> tuple[pd.Series, Judgement]:
    if types.is_extension_array_dtype(values.dtype):
        values = pd.Series(values.to_numpy(dtype=float, na_value=np.nan), index=values.index)
    if types.is_float_dtype(values):
        infinite = np.isinf(values.to_numpy())
        if infinite.any():
            values = values.mask(infinite)
            draft.repaired(
                "infinite-values",
                f"{count(int(infinite.sum()), 'value')} of {code(name)} "
                f"{'is' if infinite.sum() == 1 else 'are'} infinite, "
                "which no model can learn from; counted as missing.",
                "Infinite values often come from a division by zero when the table was made.",
                name,
            )
    return values, kind_of_numbers(values, name)


def _read_texts(draft: Draft, values: pd.Series, name: str, *, as_text: bool) -> tuple[pd.Series, Judgement]:
    """Work on the different values only: most columns of texts have few."""
    codes, different = pd.factorize(_as_text(values))
    table = pd.Series(different, dtype=object)
    clean = _stripped(table)
    clean, garbled = encodings.mended(clean)
    if garbled:
        draft.repaired(
            "wrong-encoding",
            f"{count(garbled, 'value')} of {code(name)} had broken letters such as "
            f"{code(_first_changed(table, clean))}: "
            f"the file was once read with the wrong encoding. Mended to {code(_first_changed(clean, table))}.",
            "Save the file as UTF-8.",
            name,
        )
    lost = clean.str.contains(encodings.LOST, regex=False, na=False)
    if lost.any():
        draft.warn(
            "lost-letters",
            f"{count(int(lost.sum()), 'value')} of {code(name)} hold the sign �, where a letter was lost: for "
            f"example {code(clean[lost].iloc[0])}.",
            "The letters can't be brought back from this file: export it again as UTF-8.",
            name,
        )
    read = None if as_text else understood(draft, TextColumn(name, clean, codes))
    if read is None:
        whole = _spread(clean, codes)
        return pd.Series(whole, index=values.index, dtype=object), kind_of_texts(pd.Series(whole, dtype=object), name)
    spread, judgement = read
    return pd.Series(spread, index=values.index), judgement


def _as_text(values: pd.Series) -> pd.Series:
    """Numbers among texts as text."""
    if types.is_string_dtype(values) and not types.is_object_dtype(values):
        return values.astype(object)
    known = values.dropna()
    numbers = known.map(lambda value: isinstance(value, int | float | np.number) and not isinstance(value, bool))
    if numbers.all() and len(known):
        return values.map(lambda value: value if pd.isna(value) else repr(float(value)))
    return values.map(lambda value: value if isinstance(value, str) else None if pd.isna(value) else _written(value))


def _written(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _stripped(texts: pd.Series) -> pd.Series:
    clean = texts.str.replace("\xa0", " ", regex=False).str.strip().astype(object)
    nothing = clean.str.casefold().isin(_NOTHING)
    return clean.where(~nothing, None)


def _first_changed(texts: pd.Series, others: pd.Series) -> str:
    changed = texts.notna() & others.notna() & (texts != others)
    return str(texts[changed].iloc[0])


def _spread(different: pd.Series, codes: np.ndarray) -> np.ndarray:
    """Values of the different ones for every row; code -1 is missing."""
    table = np.empty(len(different) + 1, dtype=object)
    table[:-1] = different.to_numpy(dtype=object)
    spread: np.ndarray = table[codes]
    return spread
