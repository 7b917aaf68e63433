"""Whether a contender is worse than the best of the single baselines, and whether that could be chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.automl.tables import TARGET, Table, score

KINDS = ("linear", "forest", "boosting")
_DRAWS = 60


@dataclass(frozen=True)
class Answers:
    """What somebody said of one split's sealed rows.

    Args:
        values: (rows, labels) of probabilities, or (rows,) of numbers.
        labels: in the order of the columns.
    """

    values: Any
    labels: list[str]


def shortfall(table: Table, split: int, ours: Answers, theirs: Answers) -> tuple[float, float]:
    """By how much ours is worse than theirs on one split, and the standard error of that; negative: ours is better."""
    truth = table.split(split)[1][TARGET]
    random, sign = np.random.default_rng(0), 1 if table.greater_is_better else -1

    def gap(rows: Any) -> float:
        some = truth.iloc[rows]
        mine, other = (score(table, some, one.values[rows], one.labels) for one in (ours, theirs))
        return sign * (other - mine)

    drawn = [gap(random.integers(0, len(truth), len(truth))) for _ in range(_DRAWS)]
    return gap(np.arange(len(truth))), float(np.std(drawn))


def worse_than(table: Table, ours: dict[int, Answers], theirs: dict[int, Answers]) -> tuple[float, float]:
    """The mean shortfall over the splits that both answered, and its standard error."""
    found = [shortfall(table, split, ours[split], theirs[split]) for split in sorted(set(ours) & set(theirs))]
    gaps, errors = np.array(found).T
    return float(gaps.mean()), float(np.sqrt((errors**2).sum()) / len(errors))
