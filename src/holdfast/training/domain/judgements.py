"""What the sealed test says about a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


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
    """

    scores: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    rows: int = 0
    truth: Sequence[Any] = ()
    answers: Sequence[Any] = ()
    probabilities: Any = None
    labels: tuple[str, ...] = ()
    importance: Mapping[str, float] = field(default_factory=dict)
