"""What a text classifier learns: one label, several labels or a number for each text. N texts, L labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput

Array = np.ndarray[Any, Any]


class Kind(Enum):
    """By the name that transformers has for it (`problem_type`)."""

    ONE_LABEL = "single_label_classification"
    SEVERAL_LABELS = "multi_label_classification"
    NUMBER = "regression"


@dataclass(frozen=True)
class Targets:
    """What is right for each text.

    Args:
        kind: what that is.
        labels: in the order of the model's outputs; for numbers the name of the column.
        values: places in `labels` (N,), or 0 and 1 (N, L), or numbers (N,).
    """

    kind: Kind
    labels: tuple[str, ...]
    values: Array

    def __len__(self) -> int:
        return len(self.values)

    def at(self, rows: Array) -> Targets:
        """Those of some rows."""
        return Targets(self.kind, self.labels, self.values[rows])

    @property
    def strata(self) -> list[Any] | None:
        """What folds should have equal shares of; None for numbers."""
        return None if self.kind is Kind.NUMBER else [str(value) for value in self.values]

    @property
    def rarest(self) -> int:
        """Texts of the label that has the fewest; all of them for numbers."""
        if self.kind is Kind.NUMBER:
            return len(self)
        counts = (
            self.values.sum(axis=0) if self.values.ndim > 1 else np.bincount(self.values, minlength=len(self.labels))
        )
        return int(counts.min())

    @property
    def shares(self) -> Array:
        """How often each label is right (L,)."""
        if self.values.ndim > 1:
            return np.asarray(self.values.mean(axis=0))
        return np.bincount(self.values, minlength=len(self.labels)) / max(1, len(self))


def read_targets(values: Sequence[Any], labels: Sequence[str] | None, *, is_number: bool, name: str) -> Targets:
    """Targets from a column.

    Args:
        values: labels, lists of labels, or numbers.
        labels: all that there are; None: those of the values.
        is_number: whether they are numbers to be predicted.
        name: of the column.

    Raises:
        InvalidInput: what should be a number is none; or a label that is not among `labels`.
    """
    if is_number:
        return Targets(Kind.NUMBER, (name,), _numbers(values, name))
    several = any(isinstance(value, (list, tuple, set, np.ndarray)) for value in values)
    lists = [[str(one) for one in value] if several else [str(value)] for value in values]
    known = tuple(labels) if labels else tuple(sorted({one for line in lists for one in line}))
    places = {label: place for place, label in enumerate(known)}
    unknown = sorted({one for line in lists for one in line} - set(places))
    if unknown:
        raise InvalidInput(field="data", problem=f"has labels in {name!r} that are not known: {', '.join(unknown[:5])}")
    if not several:
        return Targets(Kind.ONE_LABEL, known, np.array([places[line[0]] for line in lists], dtype=int))
    matrix = np.zeros((len(lists), len(known)), dtype=int)
    for row, line in zip(matrix, lists, strict=True):
        row[[places[one] for one in line]] = 1
    return Targets(Kind.SEVERAL_LABELS, known, matrix)


def _numbers(values: Sequence[Any], name: str) -> Array:
    try:
        numbers = np.array([float(value) for value in values])
    except (TypeError, ValueError) as error:
        raise InvalidInput(field="data", problem=f"has something in {name!r} that is no number: {error}") from error
    if not np.isfinite(numbers).all():
        raise InvalidInput(field="data", problem=f"has missing or infinite numbers in {name!r}")
    return numbers
