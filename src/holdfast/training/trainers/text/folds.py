"""Rows to fit on and rows to judge by: the same for every rung of a run, so that their scores can be compared.

Few rows are judged in several folds, many in one holdout: a fine-tuning in folds would cost as many times the budget.
In between there are folds for who can pay for them; who can't takes the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.training.domain.data import TrainingData

Array = np.ndarray[Any, Any]
FEW_ROWS = 400
_SOME_ROWS = 2_000
_FOLDS = 4
_HELD_OUT = 0.2
_MOST_HELD_OUT = 2_000
_FEW_LABELS, _FEW_CHARACTERS = 10, 250_000


@dataclass(frozen=True)
class Fold:
    """Indexes of rows: fitted on, judged by."""

    fitted: Array
    judged: Array


def make_folds(
    data: TrainingData, strata: Sequence[Any] | None, seed: int, *, most_rows: int = FEW_ROWS
) -> tuple[Fold, ...]:
    """Folds of the training rows.

    Args:
        data: its rows; groups stay together, and with a date column the last rows judge.
        strata: a value for each row whose shares all folds should have; None means any.
        seed: of the shuffle.
        most_rows: so many are judged in folds; more are judged in one holdout.
    """
    rows = len(data.train)
    if data.order is not None and rows > 1:
        order = np.argsort(data.train[data.order].to_numpy(), kind="stable")
        cut = rows - max(1, min(_MOST_HELD_OUT, round(rows * _HELD_OUT)))
        return (Fold(order[:cut], order[cut:]),)
    parts = _parts(rows)
    dealt = _dealt(_units(data), strata, parts, np.random.default_rng(seed))
    everything = np.arange(rows)
    chosen = range(parts) if rows <= most_rows else (0,)
    folds = (Fold(everything[dealt != part], everything[dealt == part]) for part in chosen)
    return tuple(fold for fold in folds if len(fold.fitted) and len(fold.judged))


def affordable_rows(texts: Sequence[str], labels: int) -> int:
    """How many rows are judged in folds by models that take but moments.

    Args:
        texts: of the rows.
        labels: to tell apart, each by a model of its own.
    """
    cheap = labels <= _FEW_LABELS and sum(map(len, texts)) <= _FEW_CHARACTERS
    return _SOME_ROWS if cheap else FEW_ROWS


def make_holdout(data: TrainingData, strata: Sequence[Any] | None, seed: int) -> Fold:
    """One fold: for tasks whose models are too dear to be made several times."""
    return make_folds(data, strata, seed)[0]


def _parts(rows: int) -> int:
    return _FOLDS if rows <= FEW_ROWS else max(round(1 / _HELD_OUT), rows // _MOST_HELD_OUT)


def _units(data: TrainingData) -> Array:
    """What is dealt as one: a row, or all rows of a group."""
    if data.groups is None:
        return np.arange(len(data.train))
    return np.unique(data.train[data.groups].astype(str).to_numpy(), return_inverse=True)[1]


def _dealt(units: Array, strata: Sequence[Any] | None, parts: int, random: np.random.Generator) -> Array:
    """The part of each row: units of every stratum in random order, dealt one by one."""
    firsts = np.unique(units, return_index=True)[1]
    stratum = (
        np.zeros(len(units)) if strata is None else np.unique([str(one) for one in strata], return_inverse=True)[1]
    )
    shuffled = random.permutation(len(firsts))
    by_stratum = shuffled[np.argsort(stratum[firsts][shuffled], kind="stable")]
    part_of_unit = np.empty(len(firsts), dtype=int)
    part_of_unit[by_stratum] = np.arange(len(firsts)) % parts
    return part_of_unit[units]
