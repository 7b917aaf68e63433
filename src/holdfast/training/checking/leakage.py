"""Columns that give the answer away: copies of the target, and what can only be known afterwards."""

from __future__ import annotations

import numpy as np
import pandas as pd

from holdfast.training.checking.draft import Draft
from holdfast.training.checking.phrases import code, count
from holdfast.training.domain.data import ColumnKind

_ROWS_LOOKED_AT = 20_000
_BINS = 64
_CERTAIN, _SUSPECT = 0.9995, 0.985
_LEAST = 30


def find_leaks(draft: Draft) -> None:
    """Leave out what tells the target outright, and warn of what nearly does."""
    if draft.target is None or draft.task not in ("tabular-classification", "tabular-regression"):
        return
    train = draft.train
    if len(train) < _LEAST:
        return
    sample = train.sample(min(len(train), _ROWS_LOOKED_AT), random_state=0)
    judge = _classes_told if draft.labels else _amounts_told
    target = pd.factorize(sample[draft.target])[0] if draft.labels else sample[draft.target].to_numpy(dtype=float)
    told = {name: judge(sample[name], target) for name in draft.inputs}
    certain = [name for name, value in told.items() if value >= _CERTAIN]
    if len(certain) == len(draft.inputs):
        certain = []
    for name in certain:
        _note_certain(draft, name)
    for name, value in told.items():
        if value >= _SUSPECT and name not in certain:
            draft.warn(
                "leak-suspected",
                f"{code(name)} alone tells {code(draft.target)} almost perfectly ({value:.1%}).",
                f"If it is only known afterwards, leave it out (columns: {{ignore: {name!r}}}): in use, it "
                "would be missing.",
                name,
            )


def _note_certain(draft: Draft, name: str) -> None:
    if draft.asked_inputs:
        draft.warn(
            "leak",
            f"{code(name)} alone gives {code(draft.target)} away in every row. You asked for it, so it stays.",
            "Check that it is known before the answer is.",
            name,
        )
        return
    draft.inputs.remove(name)
    draft.repaired(
        "leak",
        f"{code(name)} alone gives {code(draft.target)} away in every row, so a model would only copy it; left out.",
        "If it really is known beforehand, name the columns to learn from yourself.",
        name,
    )


def _levels(values: pd.Series) -> np.ndarray:
    """A column in at most a few levels; -1 is missing, which tells something too."""
    if pd.api.types.is_datetime64_any_dtype(values):
        values = values.astype("int64").where(values.notna())
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > _BINS:
        values = np.ceil(values.rank(pct=True) * _BINS)
    elif values.dtype == object:
        values = values.map(lambda value: value if isinstance(value, str) or value is None else str(value))
    codes: np.ndarray = pd.factorize(values)[0]
    return codes


def _classes_told(values: pd.Series, target: np.ndarray) -> float:
    """How well the column alone tells the classes, all counting the same: learned on one half, tested on the other."""
    levels = _levels(values)
    if levels.max(initial=0) > 0.5 * len(levels):
        return 0.0
    half = np.arange(len(levels)) % 2 == 0
    table = np.zeros((levels.max() + 2, target.max() + 1))
    np.add.at(table, (levels[half], target[half]), 1.0)
    totals = np.maximum(table.sum(axis=0), 1)
    answers = (table / totals)[levels[~half]].argmax(axis=1)
    right = answers == target[~half]
    counts = np.bincount(target[~half], minlength=table.shape[1])
    hits = np.bincount(target[~half], weights=right, minlength=table.shape[1])
    by_bins = float((hits[counts > 0] / counts[counts > 0]).mean())
    return max(by_bins, _order_told(values, target)) if table.shape[1] == 2 else by_bins


def _order_told(values: pd.Series, target: np.ndarray) -> float:
    """For two classes and an amount: area under the ROC curve, whichever way round."""
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values) or values.isna().any():
        return 0.0
    ranks = values.rank().to_numpy()
    ones = int(target.sum())
    zeros = len(target) - ones
    if not ones or not zeros:
        return 0.0
    area = (ranks[target == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros)
    return float(max(area, 1 - area))


def _amounts_told(values: pd.Series, target: np.ndarray) -> float:
    """How straight the line from the column to the target is, by values or by ranks."""
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return 0.0
    both = pd.DataFrame({"x": values.to_numpy(dtype=float), "y": target}).dropna()
    if len(both) < _LEAST or both["x"].nunique() < 3:
        return 0.0
    straight, ranked = abs(both.corr().iloc[0, 1]), abs(both.rank().corr().iloc[0, 1])
    found = ranked if ranked > _CERTAIN and both["y"].nunique() > 50 else straight
    return 0.0 if np.isnan(found) else float(found)


def find_noise(draft: Draft) -> None:
    """Rows that look alike and yet have different labels."""
    if draft.target is None or draft.labels is None or draft.kinds[draft.target] is ColumnKind.LIST:
        return
    seen = draft.inputs or [name for role, name in draft.roles.items() if role in ("text", "image")]
    if not seen or any(draft.kinds[name] in (ColumnKind.LIST, ColumnKind.RECORD) for name in seen):
        return
    train = draft.train
    keys = pd.util.hash_pandas_object(train[seen], index=False)
    contradicting = train.groupby(keys)[draft.target].transform("nunique") > 1
    rows = int(contradicting.sum())
    if rows and (draft.inputs == [] or rows > 0.001 * len(train)):
        draft.warn(
            "contradicting-labels",
            f"{count(rows, 'row')} {'looks' if rows == 1 else 'look'} exactly like another one and yet "
            f"{'has' if rows == 1 else 'have'} another {code(draft.target)}: no model can be right on all of "
            "them.",
            "Check these labels.",
            draft.target,
        )
