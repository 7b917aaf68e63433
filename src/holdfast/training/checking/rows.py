"""Rows that teach nothing, that are there twice, or that would make the score a lie."""

from __future__ import annotations

import numpy as np
import pandas as pd

from holdfast.training.checking.draft import Draft
from holdfast.training.checking.phrases import code, count, share
from holdfast.training.domain.data import ColumnKind

_LEAST = 10
_LABEL_FREE = ("clustering", "anomaly-detection", "dimensionality-reduction", "zero-shot-classification")


def enough_to_look_at(draft: Draft) -> None:
    """Refuse tables without rows or columns before anything else is said about them."""
    if draft.frame.shape[1] == 0:
        draft.block(
            "no-columns", "The data has no columns.", "Check that the file holds a table, with names in its first line."
        )
    elif (~draft.is_test).sum() == 0:
        draft.block("no-rows", "The data has no rows: only names of columns.", "Check that the right file was chosen.")


def clean_rows(draft: Draft) -> None:
    """Take out rows that are empty, repeated, without an answer, or in both parts."""
    draft.frame = draft.frame.reset_index(drop=True)
    _drop_empty(draft)
    _drop_unanswered(draft)
    if draft.is_blocked:
        return
    keys = _keys(draft.frame)
    _drop_shared(draft, keys)
    _drop_repeated(draft, _keys(draft.frame))
    _enough_rows(draft)


def _drop_empty(draft: Draft) -> None:
    empty = draft.frame.isna().all(axis=1).to_numpy()
    if empty.any():
        draft.repaired(
            "empty-rows",
            f"{count(int(empty.sum()), 'row')} without any value {'was' if empty.sum() == 1 else 'were'} left out.",
        )
        draft.keep_rows(~empty)


def _drop_unanswered(draft: Draft) -> None:
    for role, name in draft.roles.items():
        if role != "target" and draft.kinds.get(name) is ColumnKind.EMPTY:
            draft.block(
                "empty-column", f"{code(name)} should be the {role}, but it holds no value at all.", column=name
            )
    target = draft.target
    if target is None or draft.task in _LABEL_FREE:
        return
    missing = draft.frame[target].isna().to_numpy()
    if missing.all() or missing[~draft.is_test].all():
        draft.block(
            "no-target",
            f"{code(target)} should be learned, but it is empty in every row.",
            "Choose another target, or fill it in.",
            target,
        )
    elif missing.any():
        draft.repaired(
            "missing-target",
            f"{count(int(missing.sum()), 'row')} ({share(int(missing.sum()), len(missing))}) had no value in "
            f"{code(target)}, so nothing can be learned from them; left out.",
            column=target,
        )
        draft.keep_rows(~missing)


def _keys(frame: pd.DataFrame) -> np.ndarray:
    """A number for each row, the same for rows that are the same."""
    plain = frame.copy(deep=False)
    for name in plain.columns:
        if plain[name].dtype == object:
            held = plain[name].dropna()
            if len(held) and not isinstance(held.iloc[0], str):
                plain[name] = plain[name].map(_frozen, na_action=None)
    keys: np.ndarray = pd.util.hash_pandas_object(plain, index=False, categorize=True).to_numpy()
    return keys


def _frozen(value: object) -> object:
    return value if isinstance(value, bytes) else repr(value)


def _drop_shared(draft: Draft, keys: np.ndarray) -> None:
    if not draft.has_test:
        return
    shared = np.isin(keys, keys[draft.is_test]) & ~draft.is_test
    if shared.all() or (shared | draft.is_test).all():
        draft.block(
            "same-parts",
            "The data to train on and the data to judge by are the same rows.",
            "Judge by rows that the model has not seen, or give no test data: then a part is set aside.",
        )
    elif shared.any():
        draft.repaired(
            "rows-in-both-parts",
            f"{count(int(shared.sum()), 'row')} to train on {'is' if shared.sum() == 1 else 'are'} also among "
            "the rows to judge by; taken out of training, so that the score stays honest.",
        )
        draft.keep_rows(~shared)


def _drop_repeated(draft: Draft, keys: np.ndarray) -> None:
    """Repeated rows would stand on both sides of the split. In tables of few categories they are what is expected."""
    series = pd.Series(keys)
    repeated = series[~draft.is_test].duplicated().reindex(series.index, fill_value=False).to_numpy()
    number, rows = int(repeated.sum()), int((~draft.is_test).sum())
    inputs = [name for name in draft.frame.columns if name != draft.target]
    if not number or not inputs:
        return
    varieties = [draft.frame[name].astype(str).nunique() for name in inputs]
    few = max(varieties, default=1) <= 0.3 * rows and np.prod(varieties[:12], dtype=float) < 10 * rows
    if few and number < 0.9 * rows:
        draft.note(
            "alike-rows",
            f"{count(number, 'row')} of {rows:,} repeat another one. With so few different values that is to "
            "be expected; they stay.",
        )
        return
    draft.repaired(
        "repeated-rows",
        f"{count(number, 'row')} of {rows:,} repeat{'s' if number == 1 else ''} another one exactly; "
        f"{'it was' if number == 1 else 'they were'} left out, or the model would be tested on rows that it "
        "has learned by heart.",
    )
    draft.keep_rows(~repeated)


def _enough_rows(draft: Draft) -> None:
    rows = int((~draft.is_test).sum())
    if draft.task == "zero-shot-classification":
        return
    if rows < _LEAST:
        draft.block(
            "too-few-rows",
            f"There {'is' if rows == 1 else 'are'} only {count(rows, 'row')} to learn from.",
            f"At least {_LEAST} are needed, and a few hundred give a model worth having.",
        )
    elif rows < 50:
        draft.warn(
            "few-rows",
            f"There are only {count(rows, 'row')} to learn from: the score will be a rough guess.",
            "A few hundred rows give a far better one.",
        )
