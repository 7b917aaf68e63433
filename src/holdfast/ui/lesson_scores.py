"""Learn mode: the scores of this very run worked out: confusion matrix, precision, recall, what follows. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.ui.lesson_texts import METRICS
from holdfast.ui.training_runs import metric_word, number

_FEWEST_LABELS, _MOST_LABELS = 2, 60
_MOST_SUMMED = 6


@dataclass(frozen=True)
class ClassCounts:
    """A class of the confusion matrix, with its precision and recall worked out as fractions."""

    label: str
    hits: int
    said: int
    real: int

    @property
    def precision(self) -> float | None:
        """Of the rows that were called this, the share that is; None where none was."""
        return self.hits / self.said if self.said else None

    @property
    def recall(self) -> float | None:
        """Of the rows that are this, the share that was found; None where none is."""
        return self.hits / self.real if self.real else None

    @property
    def f1(self) -> float | None:
        """High only where both are; None where either is unknown, or both are 0."""
        if self.precision is None or self.recall is None or not self.hits:
            return None
        return 2 * self.precision * self.recall / (self.precision + self.recall)


@dataclass(frozen=True)
class Confusion:
    """Truth by answer; `shades` from 0 to 4 say how many of a row's truth fell there."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    shades: tuple[tuple[int, ...], ...]
    classes: tuple[ClassCounts, ...]
    right: int
    rows: int

    @property
    def always(self) -> str:
        """What whoever always said the most frequent label would have got right."""
        most = max(self.classes, key=lambda each: each.real)
        return (
            f"Always saying {most.label} would have been right in {most.real:,}, that is {most.real / self.rows:.1%}."
        )


@dataclass(frozen=True)
class MetricLesson:
    """A metric with this run's number, what it measures, and how it comes of other numbers of the run (maybe empty)."""

    name: str
    value: str
    text: str
    is_goal: bool
    worked: str = ""


def metric_lessons(report: Mapping[str, Any], confusion: Confusion | None) -> list[MetricLesson]:
    """All scores of a report, the one that the run went by first."""
    goal = (report.get("metric") or {}).get("name")
    scores = report.get("scores") or {}
    lessons = [
        MetricLesson(
            metric_word(name), number(value), METRICS.get(name, ""), name == goal, _worked(name, scores, confusion)
        )
        for name, value in scores.items()
    ]
    return sorted(lessons, key=lambda lesson: not lesson.is_goal)


def _worked(name: str, scores: Mapping[str, Any], confusion: Confusion | None) -> str:
    value, loss = scores.get(name), scores.get("loss")
    if not isinstance(value, int | float):
        return ""
    if name == "log_loss" and value >= 0:
        return f"A typical right answer was given {math.exp(-value):.1%}: e to the power of −{number(value)}."
    if name == "perplexity" and isinstance(loss, int | float):
        return f"It is e to the power of the loss: e^{number(loss)} = {number(value)}."
    if name == "bits_per_byte" and value > 0:
        return f"A plain file needs 8 bits for a byte: by this model it would shrink to {value / 8:.0%}."
    return _of_classes(name, confusion) if confusion else ""


def _of_classes(name: str, confusion: Confusion) -> str:
    if name == "accuracy":
        return f"{confusion.right:,} of {confusion.rows:,} rows."
    real = [each for each in confusion.classes if each.real]
    if name == "balanced_accuracy":
        return _mean("recalls", [each.recall or 0.0 for each in real])
    if name == "macro_f1":
        return _mean("F1", [each.f1 or 0.0 for each in confusion.classes])
    return ""


def _mean(what: str, values: Sequence[float]) -> str:
    if not 2 <= len(values) <= _MOST_SUMMED:
        return ""
    return f"The mean of the {what} above: ({' + '.join(f'{value:.3f}' for value in values)}) / {len(values)}."


def confusion_of(record: Mapping[str, Any] | None) -> Confusion | None:
    """The confusion matrix of a report, with precision and recall of each class; None where there is none.

    Raises:
        ValueError: what is no matrix of counts.
    """
    if not record or not _FEWEST_LABELS <= len(record["labels"]) <= _MOST_LABELS:
        return None
    labels, counts = tuple(map(str, record["labels"])), [list(map(int, line)) for line in record["counts"]]
    if any(value < 0 for line in counts for value in line) or {len(line) for line in counts} != {len(labels)}:
        raise ValueError("counts")
    classes = tuple(
        ClassCounts(label, counts[at][at], sum(line[at] for line in counts), sum(counts[at]))
        for at, label in enumerate(labels)
    )
    shades = tuple(tuple(-(-4 * value // max(sum(line), 1)) for value in line) for line in counts)
    right = sum(each.hits for each in classes)
    rows = sum(map(sum, counts))
    if not rows:
        return None
    return Confusion(labels, tuple(map(tuple, counts)), shades, classes, right, rows)
