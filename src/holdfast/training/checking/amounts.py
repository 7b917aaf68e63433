"""The column to predict where it is a number."""

from __future__ import annotations

import numpy as np
import pandas as pd

from holdfast.training.checking.draft import Draft
from holdfast.training.checking.phrases import code, count, several
from holdfast.training.domain.data import ColumnKind

_FAR = 20
"""Times the distance between the quartiles."""


def check_amounts(draft: Draft, target: str) -> None:
    """See that the target holds different numbers, and none from another world."""
    if not _are_numbers(draft, target):
        return
    if draft.train[target].nunique() < 2:
        draft.block(
            "constant-target",
            f"{code(target)} is {code(draft.train[target].iloc[0])} in every row: there is nothing to predict.",
            "Choose another target.",
            target,
        )
        return
    _check_far(draft, target)


def _are_numbers(draft: Draft, target: str) -> bool:
    kind, values = draft.kinds[target], draft.frame[target]
    if pd.api.types.is_bool_dtype(values):
        draft.frame[target] = values.astype(float)
        return True
    if kind is ColumnKind.IDENTIFIER and pd.api.types.is_numeric_dtype(values):
        draft.warn(
            "numbering-as-target",
            f"{code(target)} only seems to number the rows.",
            "Choose another target if so.",
            target,
        )
        return True
    if kind is not ColumnKind.NUMBER:
        examples = several(values.dropna().astype(str).unique()[:3])
        draft.block(
            "words-as-amounts",
            f"{code(target)} should be a number for {draft.task}, but holds {kind.value} values such as {examples}.",
            f"Choose {draft.task.replace('regression', 'classification')}, or a target of numbers.",
            target,
        )
    return kind is ColumnKind.NUMBER


def _check_far(draft: Draft, target: str) -> None:
    values = draft.train[target].to_numpy(dtype=float)
    middle, spread = np.median(values), np.subtract(*np.percentile(values, [75, 25]))
    far = int((np.abs(values - middle) > _FAR * spread).sum()) if spread > 0 else 0
    if far:
        worst = values[np.argmax(np.abs(values - middle))]
        draft.warn(
            "far-off-targets",
            f"{count(far, 'row')} of {code(target)} {'lies' if far == 1 else 'lie'} very far from the others, up to "
            f"{worst:,.6g} where half of them are near {middle:,.6g}.",
            "Check whether these are mistakes: a few of them can spoil the model.",
            target,
        )
