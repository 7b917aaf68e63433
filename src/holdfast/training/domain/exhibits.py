"""What a report shows: tables that can be drawn, each with a sentence that says what is to be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Drawing(Enum):
    """How an exhibit's rows become a picture.

    LINES: (series, x, y) in order. POINTS: (x, y). BARS: (name, value), and where there are four columns an interval as
    (low, high). MATRIX: (label, a count for each of the other columns). NONE: a table is all there is.
    """

    LINES = "lines"
    POINTS = "points"
    BARS = "bars"
    MATRIX = "matrix"
    NONE = "none"


@dataclass(frozen=True)
class Exhibit:
    """A table of the report, and the picture that is drawn from it.

    Args:
        name: of its file.
        title: for people.
        sentence: what it says, in plain words; stands for the picture where that can't be seen.
        columns: their names.
        rows: a value for each column; None where there is none.
        drawing: how it is drawn.
        diagonal: whether x = y is drawn too: chance, or perfection.
        axes: names of x and y; empty where bars or a matrix need none.
    """

    name: str
    title: str
    sentence: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    drawing: Drawing = Drawing.NONE
    diagonal: bool = False
    axes: tuple[str, str] = ("", "")


def exhibit_of(fields: Mapping[str, Any]) -> Exhibit:
    """An exhibit of the JSON that a report keeps of it; see `reporting.records`."""
    return Exhibit(
        name=str(fields["name"]),
        title=str(fields["title"]),
        sentence=str(fields["sentence"]),
        columns=tuple(map(str, fields["columns"])),
        rows=tuple(tuple(row) for row in fields["rows"]),
        drawing=Drawing(fields["drawing"]),
        diagonal=bool(fields["diagonal"]),
        axes=(str(fields["axes"][0]), str(fields["axes"][1])),
    )


@dataclass(frozen=True)
class Slice:
    """A group of sealed rows for which the model does clearly worse than for all.

    Args:
        column: that the group is made by.
        words: which rows, such as `colour is red` or `price is 10 to 20`.
        rows: how many.
        value: share of right answers, or mean absolute error of numbers.
        whole: the same of all rows.
    """

    column: str
    words: str
    rows: int
    value: float
    whole: float


@dataclass(frozen=True)
class Mistake:
    """A sealed row where the model was most wrong.

    Args:
        row: its place in the sealed part, from 0.
        truth: what the data says.
        answer: what the model says.
        confidence: how sure the model was of its answer, 0 to 1; None where it does not say.
        shown: the row itself, by column, cut short; for the run's own report only.
    """

    row: int
    truth: Any
    answer: Any
    confidence: float | None = None
    shown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LearningCurve:
    """How the score of the best trial grows with the rows that it learns from.

    Args:
        family: of the trial.
        points: (rows, score, standard error or None), few rows first; the last are all rows.
        left_out: why it was not measured, in plain words; empty where it was.
    """

    family: str = ""
    points: Sequence[tuple[int, float, float | None]] = ()
    left_out: str = ""


@dataclass(frozen=True)
class ColumnUse:
    """A column of the data.

    Args:
        kind: what its values are; see `ColumnKind`.
        role: what it was for: `input`, `target`, `text`, …; `unused` where the model does not see it.
    """

    name: str
    kind: str
    role: str
