"""Groups of rows by what their columns hold, and those for which a model is clearly worse than for all rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from holdfast.training.domain.data import ColumnKind, TrainingData
from holdfast.training.domain.exhibits import Slice
from holdfast.training.reporting.wording import in_words, is_missing, number_of, size_of

Array = np.ndarray[Any, Any]
Groups = Iterator[tuple[str, Array]]

_FEWEST_ROWS = 10
_CLEARLY = 2.5
"""Standard errors: of the dozens of groups that are looked at, hardly one passes by chance."""
_PARTS = 4
_MOST_VALUES = 12
_MOST_COLUMNS = 60
_MOST_SLICES = 8
_VALUES = (ColumnKind.CATEGORY, ColumnKind.BOOLEAN)
_MEDIA = (ColumnKind.IMAGE, ColumnKind.AUDIO)


def find_slices(data: TrainingData, places: Array, wrong: Array, *, numbers: bool) -> tuple[tuple[Slice, ...], int]:
    """The groups where the model does worst, and how many were looked at.

    Args:
        data: with the sealed rows.
        places: of the judged rows among the sealed ones.
        wrong: how wrong each judged answer is; 0 where it is right.
        numbers: whether that is a distance of numbers, so that a group is told by its mean; else by its share of right
            answers.
    """
    judged = data.test.iloc[places]
    loss = wrong if numbers else (wrong > 0).astype(float)
    whole, spread = float(loss.mean()), float(loss.std())
    found: list[tuple[float, Slice]] = []
    looked = 0
    for column in _columns(data):
        for words, rows in _groups(judged[column], column, data.kinds[column]):
            if not _FEWEST_ROWS <= rows.sum() <= len(loss) - _FEWEST_ROWS:
                continue
            looked += 1
            distance = _distance(loss, rows, spread)
            if distance >= _CLEARLY:
                values = (float(loss[rows].mean()), whole) if numbers else (1 - float(loss[rows].mean()), 1 - whole)
                found.append((distance, Slice(column, words, int(rows.sum()), *values)))
    worst = sorted(found, key=lambda pair: -pair[0])[:_MOST_SLICES]
    return tuple(one for _distance_, one in worst), looked


def _distance(loss: Array, rows: Array, spread: float) -> float:
    """By how many standard errors a group is worse than all rows."""
    error = spread / np.sqrt(rows.sum())
    return float((loss[rows].mean() - loss.mean()) / error) if error > 0 else 0.0


def _columns(data: TrainingData) -> list[str]:
    target = data.columns.get("target")
    known = [name for name in data.test.columns if name != target and name in data.kinds]
    return known[:_MOST_COLUMNS]


def _groups(values: pd.Series[Any], column: str, kind: ColumnKind) -> Groups:
    """(which rows in words, whether each row is one)."""
    missing = np.asarray([is_missing(value) for value in values])
    if missing.any() and not missing.all():
        yield f"`{column}` is missing", missing
    if kind in _VALUES:
        yield from _by_value(values, column, missing)
    elif kind is ColumnKind.NUMBER:
        yield from _by_size(pd.to_numeric(values, errors="coerce").to_numpy(dtype=float), f"`{column}`", number_of)
    elif kind is ColumnKind.DATE:
        days = pd.to_datetime(values, errors="coerce").to_numpy(dtype="datetime64[s]")
        numbers = np.where(np.isnat(days), np.nan, days.astype("int64").astype(float))
        yield from _by_size(numbers, f"`{column}`", _day)
    elif kind is ColumnKind.TEXT:
        words = np.asarray(
            [np.nan if gone else float(len(str(one).split())) for one, gone in zip(values, missing, strict=True)]
        )
        yield from _by_size(words, f"`{column}` has", lambda count: f"{count:.0f}", " words")
    elif kind in _MEDIA:
        sizes = np.asarray([float(len(one)) if isinstance(one, bytes) else np.nan for one in values])
        yield from _by_size(sizes, f"the file in `{column}` has", lambda count: size_of(int(count)))


def _by_value(values: pd.Series[Any], column: str, missing: Array) -> Groups:
    texts = values.astype(str)
    for value in texts[~missing].value_counts().index[:_MOST_VALUES]:
        yield f"`{column}` is {in_words(value)}", ((texts == value).to_numpy() & ~missing)


def _by_size(numbers: Array, what: str, word: Any, unit: str = "") -> Groups:
    """Quarters, from the smallest to the largest; as few as there are different borders."""
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return
    borders = np.unique(np.quantile(known, np.linspace(0, 1, _PARTS + 1)))
    if len(borders) < 3:
        return
    verb = "" if what.endswith(" has") else " is"
    for place, (low, high) in enumerate(pairwise(borders)):
        is_last = place == len(borders) - 2
        inside = (numbers >= low) & ((numbers <= high) if is_last else (numbers < high))
        yield f"{what}{verb} {word(low)} to {word(high)}{unit}", inside


def _day(seconds: float) -> str:
    return str(np.datetime64(int(seconds), "s").astype("datetime64[D]"))
