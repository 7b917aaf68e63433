"""What a text classifier learns: one label, several labels or a number for each text; and how right it was.

N texts, L labels. Outputs of models are probabilities (N, L), or numbers (N,).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput
from holdfast.inference.runtime.libraries import need

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


def score(metric: str, targets: Targets, outputs: Array) -> float:
    """How right outputs are, by a metric of the task."""
    return _METRICS[metric](targets, outputs)


def scores(targets: Targets, outputs: Array) -> dict[str, float]:
    """All metrics that fit."""
    if targets.kind is Kind.NUMBER:
        names: tuple[str, ...] = ("spearman", "rmse", "mae", "r2")
    elif targets.kind is Kind.SEVERAL_LABELS:
        names = ("f1_macro", "f1_micro", "accuracy")
    else:
        names = ("f1_macro", "accuracy", "f1_micro", "matthews_correlation", "log_loss")
    return {name: score(name, targets, outputs) for name in names}


def standard_error(metric: str, targets: Targets, outputs: Array, draws: int = 40) -> float | None:
    """Of a score, over rows drawn with replacement; None for fewer than two rows."""
    if len(targets) < 2:
        return None
    random = np.random.default_rng(0)
    drawn = (random.integers(0, len(targets), len(targets)) for _ in range(draws))
    return float(np.nanstd([score(metric, targets.at(rows), outputs[rows]) for rows in drawn]))


def decided(targets: Targets, outputs: Array) -> Array:
    """Labels from probabilities: the likeliest one, or all that are more likely than not."""
    return np.asarray(outputs.argmax(axis=1) if targets.kind is Kind.ONE_LABEL else (outputs >= 0.5).astype(int))


def _f1(average: str) -> Callable[[Targets, Array], float]:
    def f1(targets: Targets, outputs: Array) -> float:
        present = np.unique(targets.values) if targets.values.ndim == 1 else np.flatnonzero(targets.values.any(axis=0))
        return float(
            need("sklearn.metrics").f1_score(
                targets.values, decided(targets, outputs), labels=present, average=average, zero_division=0.0
            )
        )

    return f1


def _accuracy(targets: Targets, outputs: Array) -> float:
    return float(need("sklearn.metrics").accuracy_score(targets.values, decided(targets, outputs)))


def _matthews(targets: Targets, outputs: Array) -> float:
    guesses = decided(targets, outputs)
    if targets.values.ndim > 1:
        targets, guesses = Targets(targets.kind, targets.labels, targets.values.ravel()), guesses.ravel()
    return float(need("sklearn.metrics").matthews_corrcoef(targets.values, guesses))


def _log_loss(targets: Targets, outputs: Array) -> float:
    likely = np.clip(outputs, 1e-15, 1.0)
    if targets.kind is Kind.ONE_LABEL:
        return float(-np.log(likely[np.arange(len(targets)), targets.values]).mean())
    unlikely = np.clip(1.0 - outputs, 1e-15, 1.0)
    return float(-(targets.values * np.log(likely) + (1 - targets.values) * np.log(unlikely)).mean())


def _spearman(targets: Targets, outputs: Array) -> float:
    if np.ptp(outputs) == 0.0 or np.ptp(targets.values) == 0.0:
        return 0.0  # one number for all puts nothing in order
    return float(need("scipy.stats").spearmanr(targets.values, outputs).statistic)


def _r2(targets: Targets, outputs: Array) -> float:
    spread = float(((targets.values - targets.values.mean()) ** 2).sum())
    return 1.0 - float(((targets.values - outputs) ** 2).sum()) / spread if spread else 0.0


_METRICS: Mapping[str, Callable[[Targets, Array], float]] = {
    "f1_macro": _f1("macro"),
    "f1_micro": _f1("micro"),
    "accuracy": _accuracy,
    "matthews_correlation": _matthews,
    "log_loss": _log_loss,
    "spearman": _spearman,
    "rmse": lambda targets, outputs: float(np.sqrt(((targets.values - outputs) ** 2).mean())),
    "mae": lambda targets, outputs: float(np.abs(targets.values - outputs).mean()),
    "r2": _r2,
}
