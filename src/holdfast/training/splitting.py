"""Parts of the data: what is sealed for the end, and folds for trials. Stratified, by groups, or by time.

Rows that belong together (the same customer, the same document) are never in two parts at once; where a date says what
came first, the later rows are those to judge by; otherwise each part has its share of each label.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

Array = np.ndarray[Any, Any]
Parts = tuple[Array, Array]

SEALED_SHARE = 0.2


def seal(
    frame: pd.DataFrame,
    share: float,
    seed: int,
    *,
    target: str | None = None,
    groups: str | None = None,
    order: str | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cut off the part to judge by at the end.

    Args:
        frame: rows.
        share: of rows that are sealed; at least one row stays on either side.
        seed: of the choice.
        target: labels, each of which is shared out; None, or a number for each row, means: at random.
        groups: column whose values stay together.
        order: column by which the later rows are sealed.

    Returns:
        Rows to train on and rows to judge by, each with index 0…n-1.
    """
    train, test = next(_cuts(frame, round(1 / share), seed, target, groups, order))
    return frame.iloc[train].reset_index(drop=True), frame.iloc[test].reset_index(drop=True)


def folds(
    frame: pd.DataFrame,
    count: int,
    seed: int,
    *,
    target: str | None = None,
    groups: str | None = None,
    order: str | None = None,
) -> list[Parts]:
    """Positions of rows to fit on and rows to score on, `count` times (once where order matters); see `seal`."""
    return list(_cuts(frame, count, seed, target, groups, order))


def _cuts(
    frame: pd.DataFrame, count: int, seed: int, target: str | None, groups: str | None, order: str | None
) -> Iterator[Parts]:
    if order is not None:
        yield _by_time(frame[order], count)
        return
    if groups is not None:
        numbers = _by_group(frame[groups].astype(str).to_numpy(), count, seed)
    else:
        numbers = _by_label(None if target is None else frame[target].astype(str).to_numpy(), len(frame), count, seed)
    for fold in range(count):
        there = numbers == fold
        if there.any() and not there.all():
            yield np.flatnonzero(~there), np.flatnonzero(there)


def _by_time(when: pd.Series[Any], count: int) -> Parts:
    """The last 1/count of rows; rows of one moment stay together."""
    ordered = np.argsort(when.to_numpy(), kind="stable")
    border = when.iloc[ordered[len(ordered) - max(1, len(ordered) // count)]]
    late = (when >= border).to_numpy()
    if late.all():  # one moment holds nearly everything: order says nothing
        late = np.isin(np.arange(len(when)), ordered[-max(1, len(ordered) // count) :])
    return np.flatnonzero(~late), np.flatnonzero(late)


def _by_group(groups: Array, count: int, seed: int) -> Array:
    """Fold of each row: large groups first, each to the fold that has least."""
    names, codes, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    shuffled = np.random.default_rng(seed).permutation(len(names))
    filled = np.zeros(count)
    fold_of = np.zeros(len(names), dtype=int)
    for group in shuffled[np.argsort(-sizes[shuffled], kind="stable")]:
        fold_of[group] = int(filled.argmin())
        filled[fold_of[group]] += sizes[group]
    return np.asarray(fold_of[codes])


def _by_label(labels: Array | None, rows: int, count: int, seed: int) -> Array:
    """Fold of each row: each label dealt out in turn, in random order."""
    random = np.random.default_rng(seed)
    order = random.permutation(rows)
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    numbers = np.empty(rows, dtype=int)
    numbers[order] = np.arange(rows) % count
    return numbers
