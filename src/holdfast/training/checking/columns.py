"""Reads each column as what it is: texts that are numbers or dates become numbers or dates, what is nothing is missing."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from holdfast.training.checking import encodings
from holdfast.training.checking.dates import read_dates
from holdfast.training.checking.draft import Draft
from holdfast.training.checking.kinds import Judgement, kind_of_numbers, kind_of_objects, kind_of_texts
from holdfast.training.checking.numbers import Numbers, read_numbers
from holdfast.training.checking.phrases import code, count, several
from holdfast.training.domain.data import ColumnKind

_NOTHING = {"", "na", "n/a", "#n/a", "nan", "null", "nil", "?", "<na>", "(null)", "#null!", "#div/0!", "#value!", "nat"}
_NO_NUMBER = {"-", "--", "—", "–", ".", "none", "unknown", "missing", "not available", "x", "k.a.", "inf", "-inf"}
_MOSTLY = 0.9
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
        values, judgement = _read(draft, draft.frame[name], name, as_text=name in texts)
        read[name] = values
        draft.kinds[name], draft.certainties[name] = judgement.kind, judgement.confidence
    draft.frame = pd.DataFrame(read, index=draft.frame.index)


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
                f"{count(int(infinite.sum()), 'value')} of {code(name)} {'is' if infinite.sum() == 1 else 'are'} infinite, "
                "which no model can learn from; counted as missing.",
                "Infinite values often come from a division by zero when the table was made.",
                name,
            )
    return values, kind_of_numbers(values, name)


def _read_texts(draft: Draft, values: pd.Series, name: str, *, as_text: bool) -> tuple[pd.Series, Judgement]:
    """Work on the different values only: most columns of texts have few."""
    codes, different = pd.factorize(_as_text(draft, values, name))
    table = pd.Series(different, dtype=object)
    clean = _stripped(table)
    clean, garbled = encodings.mended(clean)
    if garbled:
        draft.repaired(
            "wrong-encoding",
            f"{count(garbled, 'value')} of {code(name)} had broken letters such as {code(_first_changed(table, clean))}: "
            f"the file was once read with the wrong encoding. Mended to {code(_first_changed(clean, table))}.",
            "Save the file as UTF-8.",
            name,
        )
    lost = clean.str.contains(encodings.LOST, regex=False, na=False)
    if lost.any():
        draft.warn(
            "lost-letters",
            f"{count(int(lost.sum()), 'value')} of {code(name)} hold the sign �, where a letter was lost: for example {code(clean[lost].iloc[0])}.",
            "The letters can't be brought back from this file: export it again as UTF-8.",
            name,
        )
    read = None if as_text else _understood(draft, clean, codes, name)
    if read is None:
        whole = _spread(clean, codes)
        return pd.Series(whole, index=values.index, dtype=object), kind_of_texts(pd.Series(whole, dtype=object), name)
    spread, judgement = read
    return pd.Series(spread, index=values.index), judgement


def _as_text(draft: Draft, values: pd.Series, name: str) -> pd.Series:
    """Numbers among texts as text; where both are many, say so."""
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
    table = np.append(different.to_numpy(dtype=object), None)
    return table[codes]


def _understood(draft: Draft, clean: pd.Series, codes: np.ndarray, name: str) -> tuple[np.ndarray, Judgement] | None:
    """The texts as numbers, dates or lists; None where they are just texts."""
    known = clean.dropna()
    if known.empty:
        return np.full(len(codes), None, dtype=object), Judgement(ColumnKind.EMPTY, 1.0)
    weights = np.bincount(codes[codes >= 0], minlength=len(clean))
    judged = known[~known.str.casefold().isin(_NO_NUMBER)]
    if judged.empty:
        return None
    sample = judged.sample(min(len(judged), 300), random_state=0)
    for attempt in (_as_numbers, _as_dates, _as_lists):
        read = attempt(draft, sample, judged, clean, weights, codes, name)
        if read is not None:
            return read
    return None


def _as_numbers(
    draft: Draft,
    sample: pd.Series,
    judged: pd.Series,
    clean: pd.Series,
    weights: np.ndarray,
    codes: np.ndarray,
    name: str,
) -> tuple[np.ndarray, Judgement] | None:
    trial = read_numbers(list(sample))
    if trial is None or np.isfinite(trial.values).mean() < 0.5:
        return None
    numbers = read_numbers(list(judged))
    if numbers is None:
        return None
    values = pd.Series(np.nan, index=clean.index)
    values[judged.index] = numbers.values
    strange = clean.notna() & values.isna()
    rows, known = int(weights[strange.to_numpy()].sum()), int(weights[clean.notna().to_numpy()].sum())
    if rows > (1 - _MOSTLY) * known:
        _note_mixture(draft, name, clean[strange], rows, known)
        return None
    _note_numbers(draft, name, clean, numbers, judged)
    if rows:
        draft.repaired(
            "mixed-types",
            f"{code(name)} holds numbers, but {count(rows, 'row')} of {known:,} {'has' if rows == 1 else 'have'} words instead, "
            f"such as {several(clean[strange].head(2))}; counted as missing.",
            "Write numbers only, and leave unknown values empty.",
            name,
        )
    spread = np.append(values.to_numpy(), np.nan)[codes]
    return spread, kind_of_numbers(pd.Series(spread), name)


def _note_mixture(draft: Draft, name: str, strange: pd.Series, rows: int, known: int) -> None:
    draft.warn(
        "mixed-types",
        f"{code(name)} mixes numbers and words: {count(rows, 'row')} of {known:,} hold no number, such as {several(strange.head(2))}. "
        "The whole column is read as words.",
        "If it should be numbers, write numbers only and leave unknown values empty.",
        name,
    )


def _note_numbers(draft: Draft, name: str, clean: pd.Series, numbers: Numbers, judged: pd.Series) -> None:
    if numbers.plain:
        return
    how = [f"{several(numbers.signs)} taken off"] if numbers.signs else []
    how += ["decimal comma"] if numbers.decimal_comma else []
    how += ["thousands separated"] if numbers.grouped else []
    place = next(
        (
            place
            for place, value in enumerate(numbers.values)
            if np.isfinite(value) and not _is_plain(judged.iloc[place])
        ),
        0,
    )
    draft.repaired(
        "numbers-as-text",
        f"{code(name)} holds numbers written as text; they were read as numbers ({', '.join(how)}): "
        f"{code(judged.iloc[place])} is {numbers.values[place]:,.10g}.",
        column=name,
    )


def _is_plain(text: str) -> bool:
    return text.replace(".", "", 1).lstrip("+-").isdigit()


def _as_dates(
    draft: Draft,
    sample: pd.Series,
    judged: pd.Series,
    clean: pd.Series,
    weights: np.ndarray,
    codes: np.ndarray,
    name: str,
) -> tuple[np.ndarray, Judgement] | None:
    if read_dates(list(sample)) is None:
        return None
    dates = read_dates(list(judged))
    if dates is None:
        return None
    values = pd.Series(np.datetime64("NaT", "us"), index=clean.index)
    values[judged.index] = dates.values
    strange = clean.notna() & values.isna()
    rows, known = int(weights[strange.to_numpy()].sum()), int(weights[clean.notna().to_numpy()].sum())
    if rows > (1 - _MOSTLY) * known:
        return None
    _note_dates(draft, name, clean, strange, rows, guessed=dates.guessed_order, styles=dates.styles)
    spread = np.append(values.to_numpy(), np.datetime64("NaT", "us"))[codes]
    return spread, Judgement(ColumnKind.DATE, 0.8 if dates.guessed_order else 0.97)


def _note_dates(
    draft: Draft, name: str, clean: pd.Series, strange: pd.Series, rows: int, *, guessed: bool, styles: int
) -> None:
    if rows:
        draft.repaired(
            "impossible-dates",
            f"{count(rows, 'row')} of {code(name)} {'is' if rows == 1 else 'are'} no date, such as {several(clean[strange].head(2))}; counted as missing.",
            column=name,
        )
    if styles > 1:
        draft.repaired(
            "mixed-dates", f"{code(name)} writes its dates in {styles} ways; all were read as dates.", column=name
        )
    if guessed:
        draft.warn(
            "day-or-month",
            f"In {code(name)} the day and the month could be either way round in every row; {code(clean.dropna().iloc[0])} was read with the month first.",
            "Write dates as 2026-03-09, which everybody reads alike.",
            name,
        )


def _as_lists(
    draft: Draft,
    sample: pd.Series,
    judged: pd.Series,
    clean: pd.Series,
    weights: np.ndarray,
    codes: np.ndarray,
    name: str,
) -> tuple[np.ndarray, Judgement] | None:
    """Lists and records that a CSV file holds as JSON."""
    if not sample.str.match(r"^[\[{].*[\]}]$", flags=16).all():
        return None
    try:
        parsed = [None if text is None else json.loads(text) for text in clean]
    except json.JSONDecodeError:
        return None
    table = np.empty(len(parsed) + 1, dtype=object)
    for place, value in enumerate(parsed):
        table[place] = value
    draft.repaired("lists-as-text", f"{code(name)} holds lists written as text; they were read as lists.", column=name)
    kind = ColumnKind.LIST if str(sample.iloc[0]).startswith("[") else ColumnKind.RECORD
    return table[codes], Judgement(kind, 0.95)
