"""How right a text classifier is. N texts, L labels; its outputs are probabilities (N, L), or numbers (N,)."""

from __future__ import annotations

from typing import Any

import numpy as np

from holdfast.inference.runtime.libraries import need
from holdfast.training import scores as shared
from holdfast.training.trainers.text.classification.targets import Kind, Targets

Array = np.ndarray[Any, Any]
_LIKELY = 0.5
_UNLIKELY = 1e-6
_WORST = {"spearman": 0.0}
"""Of what gives one number to all, which puts nothing in order."""


def score(metric: str, targets: Targets, outputs: Array) -> float:
    """How right outputs are, by one metric; NaN where it says nothing of such targets."""
    if targets.kind is Kind.ONE_LABEL and metric not in _OF_SEVERAL_ONLY:
        names = np.array(targets.labels)[targets.values]
        return shared.of_labels(names, outputs, targets.labels, only=metric).get(metric, float("nan"))
    return scores(targets, outputs).get(metric, _WORST.get(metric, float("nan")))


def scores(targets: Targets, outputs: Array) -> dict[str, float]:
    """All metrics that fit."""
    if targets.kind is Kind.NUMBER:
        return shared.of_numbers(targets.values, outputs)
    if targets.kind is Kind.ONE_LABEL:
        return shared.of_labels(np.array(targets.labels)[targets.values], outputs, targets.labels)
    return _of_several(targets, outputs)


def loss(targets: Targets, outputs: Array) -> float:
    """How unlikely what is right was held for, on average; of numbers, the mean square of what they are off."""
    if targets.kind is Kind.NUMBER:
        return float(((targets.values - outputs) ** 2).mean())
    likely = np.clip(outputs, _UNLIKELY, 1.0 - _UNLIKELY)
    if targets.kind is Kind.ONE_LABEL:
        return float(-np.log(likely[np.arange(len(targets)), targets.values]).mean())
    return float(-np.log(np.where(targets.values > 0, likely, 1.0 - likely)).mean())


def standard_error(metric: str, targets: Targets, outputs: Array, draws: int = 40) -> float | None:
    """Of a score, over rows drawn with replacement; None for fewer than two rows, or where no draw has a score."""
    random = np.random.default_rng(0)
    drawn = (random.integers(0, len(targets), len(targets)) for _ in range(draws))
    found = np.array([score(metric, targets.at(rows), outputs[rows]) for rows in drawn])
    known = found[np.isfinite(found)]
    return float(known.std()) if len(known) > 1 and len(targets) > 1 else None


def _of_several(targets: Targets, outputs: Array) -> dict[str, float]:
    """Every label that is more likely than not counts as given."""
    given, metrics = (outputs >= _LIKELY).astype(int), need("sklearn.metrics")
    present = np.flatnonzero(targets.values.any(axis=0) | given.any(axis=0))
    options = {"labels": present, "zero_division": 0.0}
    return {
        "macro_f1": float(metrics.f1_score(targets.values, given, average="macro", **options)),
        "micro_f1": float(metrics.f1_score(targets.values, given, average="micro", **options)),
        "accuracy": float((targets.values == given).all(axis=1).mean()),
    }


_OF_SEVERAL_ONLY = ("micro_f1",)
