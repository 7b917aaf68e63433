"""Columns of texts that mean something else: numbers, dates, lists; and what is said about it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from holdfast.training.checking.dates import Dates, read_dates
from holdfast.training.checking.draft import Draft
from holdfast.training.checking.kinds import Judgement, kind_of_numbers
from holdfast.training.checking.numbers import Numbers, read_numbers
from holdfast.training.checking.phrases import code, count, several
from holdfast.training.domain.data import ColumnKind

Read = tuple[np.ndarray, Judgement]
_NO_NUMBER = {"-", "--", "—", "–", ".", "none", "unknown", "missing", "not available", "x", "k.a.", "inf", "-inf"}
_STRAY = 0.1
_SAMPLE = 300


@dataclass(frozen=True)
class TextColumn:
    """A column by its different texts.

    Args:
        texts: the different ones, tidied; None where a text says nothing.
        codes: place in `texts` for each row; -1 is missing.
    """

    name: str
    texts: pd.Series
    codes: np.ndarray

    @cached_property
    def judged(self) -> pd.Series:
        """Texts by which the column is judged: without `-`, `unknown` and the like."""
        known = self.texts.dropna()
        return known[~known.str.casefold().isin(_NO_NUMBER)]

    @cached_property
    def sample(self) -> list[str]:
        """Enough of them for a first look."""
        return list(self.judged.sample(min(len(self.judged), _SAMPLE), random_state=0))

    def rows(self, mask: pd.Series) -> int:
        """How many rows have one of some texts."""
        weights = np.bincount(self.codes[self.codes >= 0], minlength=len(self.texts))
        return int(weights[mask.to_numpy(dtype=bool)].sum())

    def strange(self, values: pd.Series) -> pd.Series:
        """Texts that say something and were not understood."""
        return self.texts.notna() & values.isna()

    def is_mostly(self, values: pd.Series) -> bool:
        """Whether nearly all rows were understood."""
        return self.rows(self.strange(values)) <= _STRAY * self.rows(self.texts.notna())

    def spread(self, values: pd.Series, nothing: Any) -> np.ndarray:
        """A value for each row of one for each text."""
        table: np.ndarray = np.append(values.to_numpy(), nothing)[self.codes]
        return table


def understood(draft: Draft, column: TextColumn) -> Read | None:
    """The texts as numbers, dates or lists, with their kind; None where they are just texts."""
    if column.texts.notna().sum() == 0:
        return np.full(len(column.codes), None, dtype=object), Judgement(ColumnKind.EMPTY, 1.0)
    if column.judged.empty:
        return None
    return next((read for attempt in _ATTEMPTS if (read := attempt(draft, column))), None)


def _as_numbers(draft: Draft, column: TextColumn) -> Read | None:
    trial = read_numbers(column.sample)
    if trial is None or np.isfinite(trial.values).mean() < 0.5:
        return None
    numbers = read_numbers(list(column.judged))
    if numbers is None:
        return None
    values = pd.Series(np.nan, index=column.texts.index)
    values[column.judged.index] = numbers.values
    if not column.is_mostly(values):
        _note_mixture(draft, column, values)
        return None
    _note_numbers(draft, column, numbers)
    _note_words(draft, column, values)
    spread = column.spread(values, np.nan)
    return spread, kind_of_numbers(pd.Series(spread), column.name)


def _note_mixture(draft: Draft, column: TextColumn, values: pd.Series) -> None:
    strange = column.strange(values)
    draft.warn(
        "mixed-types",
        f"{code(column.name)} mixes numbers and words: {count(column.rows(strange), 'row')} of "
        f"{column.rows(column.texts.notna()):,} hold no number, such as {several(column.texts[strange].head(2))}. "
        "The whole column is read as words.",
        "If it should be numbers, write numbers only and leave unknown values empty.",
        column.name,
    )


def _note_words(draft: Draft, column: TextColumn, values: pd.Series) -> None:
    strange = column.strange(values)
    if strange.any():
        rows = column.rows(strange)
        draft.repaired(
            "mixed-types",
            f"{code(column.name)} holds numbers, but {count(rows, 'row')} of {column.rows(column.texts.notna()):,} "
            f"{'has' if rows == 1 else 'have'} words instead, such as {several(column.texts[strange].head(2))}; "
            "counted as missing.",
            "Write numbers only, and leave unknown values empty.",
            column.name,
        )


def _note_numbers(draft: Draft, column: TextColumn, numbers: Numbers) -> None:
    if numbers.plain:
        return
    how = [f"{several(numbers.signs)} taken off"] if numbers.signs else []
    how += ["decimal comma"] if numbers.decimal_comma else []
    how += ["thousands separated"] if numbers.grouped else []
    odd = [
        place
        for place, value in enumerate(numbers.values)
        if np.isfinite(value) and not re.fullmatch(r"[+-]?\d*\.?\d*", column.judged.iloc[place])
    ]
    draft.repaired(
        "numbers-as-text",
        f"{code(column.name)} holds numbers written as text; they were read as numbers ({', '.join(how)}): "
        f"{code(column.judged.iloc[odd[0]])} is {numbers.values[odd[0]]:,.10g}.",
        column=column.name,
    )


def _as_dates(draft: Draft, column: TextColumn) -> Read | None:
    if read_dates(column.sample) is None:
        return None
    dates = read_dates(list(column.judged))
    if dates is None:
        return None
    nothing = np.datetime64("NaT", "us")
    values = pd.Series(nothing, index=column.texts.index)
    values[column.judged.index] = dates.values
    if not column.is_mostly(values):
        return None
    _note_dates(draft, column, column.strange(values), dates)
    return column.spread(values, nothing), Judgement(ColumnKind.DATE, 0.8 if dates.guessed_order else 0.97)


def _note_dates(draft: Draft, column: TextColumn, strange: pd.Series, dates: Dates) -> None:
    name, rows = column.name, column.rows(strange)
    if rows:
        draft.repaired(
            "impossible-dates",
            f"{count(rows, 'row')} of {code(name)} {'is' if rows == 1 else 'are'} no date, such as "
            f"{several(column.texts[strange].head(2))}; counted as missing.",
            column=name,
        )
    if dates.styles > 1:
        draft.repaired(
            "mixed-dates", f"{code(name)} writes its dates in {dates.styles} ways; all were read.", column=name
        )
    if dates.guessed_order:
        draft.warn(
            "day-or-month",
            f"In {code(name)} the day and the month could be either way round in every row; "
            f"{code(column.judged.iloc[0])} was read with the month first.",
            "Write dates as 2026-03-09, which everybody reads alike.",
            name,
        )


def _as_lists(draft: Draft, column: TextColumn) -> Read | None:
    """Lists and records that a CSV file holds as JSON."""
    if not all(text[0] in "[{" and text[-1] in "]}" for text in column.sample):
        return None
    try:
        parsed = [None if text is None else json.loads(text) for text in column.texts]
    except json.JSONDecodeError:
        return None
    table = np.empty(len(parsed) + 1, dtype=object)
    for place, value in enumerate(parsed):
        table[place] = value
    draft.repaired(
        "lists-as-text",
        f"{code(column.name)} holds lists written as text; they were read as lists.",
        column=column.name,
    )
    kind = ColumnKind.LIST if column.sample[0].startswith("[") else ColumnKind.RECORD
    return table[column.codes], Judgement(kind, 0.95)


_ATTEMPTS: tuple[Callable[[Draft, TextColumn], Read | None], ...] = (_as_numbers, _as_dates, _as_lists)
