"""Dates written as text, in the ways people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

_TIME = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?(?:Z|[+\-]\d{2}:?\d{2}|[AaPp][Mm])?)?"
_ISO = re.compile(rf"^\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}{_TIME}$")
_PARTS = re.compile(rf"^(\d{{1,2}})([./\-])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_TIME}$")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_WORDS = re.compile(
    rf"^(?:\d{{1,2}}(?:st|nd|rd|th)?[ -]{_MONTH}[ ,-]+\d{{2,4}}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}){_TIME}$",
    re.I,
)
_MONTHS = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")


@dataclass(frozen=True)
class Dates:
    """A column's different texts as dates.

    Args:
        values: datetime64, one a text; NaT where the text is no date.
        guessed_order: whether day and month could as well be the other way round in every value.
        styles: how many ways of writing dates were seen.
    """

    values: np.ndarray
    guessed_order: bool
    styles: int


def read_dates(texts: Sequence[str]) -> Dates | None:
    """The different values of a column as dates, or None where hardly any is one."""
    given = pd.Series(list(texts), dtype=object)
    iso = given.str.match(_ISO) | given.str.match(_MONTHS)
    parts = given.str.extract(_PARTS)
    numeric = parts[0].notna()
    worded = given.str.match(_WORDS)
    styles = [mask for mask in (iso, numeric, worded) if mask.any()]
    if not styles or sum(mask.sum() for mask in styles) < 0.5 * len(given):
        return None
    day_first, guessed = _day_first(parts[numeric])
    values = pd.Series(pd.NaT, index=given.index, dtype="datetime64[us]")
    values[iso] = _parse(given[iso].str.replace(r"[/.](?=\d{1,2}[/. T]|\d{1,2}$)", "-", regex=True), day_first=False)
    values[numeric] = _parse(given[numeric].str.replace(".", "/", n=2), day_first=day_first)
    values[worded] = _parse(given[worded].str.replace(r"(?<=\d)(st|nd|rd|th)", "", regex=True), day_first=True)
    return Dates(values.to_numpy(), guessed, len(styles))


def _day_first(parts: pd.DataFrame) -> tuple[bool, bool]:
    """Whether days stand before months, and whether that is a guess."""
    if parts.empty:
        return True, False
    first, second = parts[0].astype(int).max(), parts[2].astype(int).max()
    dotted = (parts[1] == ".").any()
    if first > 12:
        return True, False
    if second > 12:
        return False, False
    return bool(dotted), not dotted


def _parse(texts: pd.Series, *, day_first: bool) -> pd.Series:
    if texts.empty:
        return pd.Series([], dtype="datetime64[us]")
    found = pd.to_datetime(texts, errors="coerce", format="ISO8601", utc=True)  # many times as fast as `mixed`
    left = found.isna()
    if left.any():
        found[left] = pd.to_datetime(texts[left], errors="coerce", dayfirst=day_first, format="mixed", utc=True)
    return found.dt.tz_localize(None).astype("datetime64[us]")
