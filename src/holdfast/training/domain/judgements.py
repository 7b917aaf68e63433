"""What the sealed test says about a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from holdfast.training.domain.exhibits import Mistake, Slice


@dataclass(frozen=True)
class Judgement:
    """A model's answers to the sealed test, and what they are worth.

    Args:
        scores: metrics by name; the run's own is among them.
        intervals: of 95 %, by metric: (low, high); those that could be had by drawing rows again and again.
        rows: how many rows were judged.
        truth: what the data says, row by row; empty where rows have no single answer.
        answers: what the model says, row by row.
        probabilities: by row, one for each label; None where the model gives none.
        labels: in the order of `probabilities`.
        importance: by column of a table: how much worse the run's metric gets when its values are shuffled.
        positions: of the judged rows among the sealed ones; None means all of them in their order, or that one judged
            thing is no row.
        baseline: metrics of the simplest rule (the shares of the labels, or the mean) on the same rows.
        baseline_intervals: of 95 %, as `intervals`.
        gain: by which the model beats that rule, by the run's metric: (by how much, low, high); None where there is no
            such rule.
        slices: groups of rows where it does clearly worse, the worst first.
        groups: how many groups were looked at to find them.
        mistakes: rows where it was most wrong, the worst first.
    """

    scores: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    rows: int = 0
    truth: Sequence[Any] = ()
    answers: Sequence[Any] = ()
    probabilities: Any = None
    labels: tuple[str, ...] = ()
    importance: Mapping[str, float] = field(default_factory=dict)
    positions: Sequence[int] | None = None
    baseline: Mapping[str, float] = field(default_factory=dict)
    baseline_intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    gain: tuple[float, float, float] | None = None
    slices: tuple[Slice, ...] = ()
    groups: int = 0
    mistakes: tuple[Mistake, ...] = ()
