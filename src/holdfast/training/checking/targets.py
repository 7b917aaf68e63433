"""The column to predict: its classes, their spelling and their numbers."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from holdfast.training.checking.amounts import check_amounts
from holdfast.training.checking.draft import Draft
from holdfast.training.checking.phrases import code, count, several, share
from holdfast.training.domain.data import ColumnKind

_MOST_CLASSES = 1000
_RARE = 2


def check_target(draft: Draft) -> None:
    """Look at the target as the task means it."""
    if draft.target is None:
        return
    if draft.task.endswith("classification") and draft.task != "token-classification":
        _check_classes(draft, draft.target)
    elif draft.task.endswith("regression"):
        check_amounts(draft, draft.target)


def _check_classes(draft: Draft, target: str) -> None:
    if draft.kinds[target] is ColumnKind.LIST:
        _several_labels(draft, target)
        return
    if draft.kinds[target] is ColumnKind.NUMBER and _is_amount(draft, target):
        return
    values = _named(draft.frame[target])
    values = _one_spelling(draft, values, target)
    values = _without_typos(draft, values, target)
    draft.frame[target] = values
    draft.kinds[target] = ColumnKind.CATEGORY
    _drop_rare(draft, target)
    _check_counts(draft, target)


def _is_amount(draft: Draft, target: str) -> bool:
    known = draft.frame[target].dropna()
    broken = bool((known != known.round()).any())
    if known.nunique() > 20 and (broken or known.nunique() > 0.5 * len(known)):
        draft.block(
            "numbers-as-classes",
            f"{code(target)} holds {known.nunique():,} different numbers, which are amounts and not classes.",
            f"Choose {draft.task.replace('classification', 'regression')}, or another target.",
            target,
        )
        return True
    return False


def _named(values: pd.Series) -> pd.Series:
    """Classes as text; whole numbers without a point."""

    def name(value: object) -> object:
        if isinstance(value, str) or value is None or value is pd.NaT:
            return value
        if isinstance(value, float | np.floating):
            return None if np.isnan(value) else str(int(value)) if float(value).is_integer() else str(value)
        return str(value)

    codes, different = pd.factorize(values)
    table = np.array([*(name(value) for value in different), None], dtype=object)
    return pd.Series(table[codes], index=values.index, dtype=object)


def _several_labels(draft: Draft, target: str) -> None:
    labels = sorted(
        {
            str(label)
            for value in draft.frame[target].dropna()
            for label in np.atleast_1d(np.asarray(value, dtype=object))
        }
    )
    draft.labels = tuple(labels)
    if len(labels) < 2:
        draft.block(
            "one-class",
            f"{code(target)} names {count(len(labels), 'label')} in all rows: there is nothing to tell apart.",
            "Add rows with other labels.",
            target,
        )


def _one_spelling(draft: Draft, values: pd.Series, target: str) -> pd.Series:
    """`Spam`, `spam ` and `SPAM` are one class: the one most often written."""
    counts = values.value_counts()
    best: dict[str, str] = {}
    for label in counts.index:
        best.setdefault(re.sub(r"[\s_-]+", " ", label).strip().casefold(), label)
    changed = {label: best[re.sub(r"[\s_-]+", " ", label).strip().casefold()] for label in counts.index}
    changed = {old: new for old, new in changed.items() if old != new}
    if not changed:
        return values
    shown = ", ".join(f"{code(old)} as {code(new)}" for old, new in list(changed.items())[:3])
    rows = int(counts[list(changed)].sum())
    draft.repaired(
        "label-spelling",
        f"The same label was written in different ways in {count(rows, 'row')} of {code(target)}; counted {shown}.",
        column=target,
    )
    return values.replace(changed)


def _without_typos(draft: Draft, values: pd.Series, target: str) -> pd.Series:
    """A rare label that is a letter away from a frequent one."""
    counts = values.value_counts()
    if not 2 < len(counts) <= 200:
        return values
    changed = {}
    for rare, number in counts.items():
        near = next(
            (
                label
                for label, more in counts.items()
                if number <= max(1, 0.02 * more) and more >= 10 and is_typo(str(rare), str(label))
            ),
            None,
        )
        if near:
            changed[rare] = near
    for old, new in changed.items():
        draft.repaired(
            "label-typo",
            f"The label {code(old)} ({count(int(counts[old]), 'row')}) looks like a typo of {code(new)} "
            f"({count(int(counts[new]), 'row')}) and was counted as such.",
            "If it is a class of its own, give more rows of it.",
            target,
        )
    return values.replace(changed) if changed else values


def is_typo(word: str, meant: str) -> bool:
    """Whether one letter is wrong, missing, too many or swapped with its neighbour; digits are no letters."""
    word, meant = word.casefold(), meant.casefold()
    if (
        min(len(word), len(meant)) < 4
        or abs(len(word) - len(meant)) > 1
        or re.sub(r"\D", "", word) != re.sub(r"\D", "", meant)
    ):
        return False
    start = 0
    while start < min(len(word), len(meant)) and word[start] == meant[start]:
        start += 1
    rest, other = word[start:], meant[start:]
    swapped = len(rest) == len(other) > 1 and rest[0] == other[1] and rest[1] == other[0] and rest[2:] == other[2:]
    return swapped or rest[1:] == other[1:] or rest[1:] == other or rest == other[1:]


def _drop_rare(draft: Draft, target: str) -> None:
    """A class of one row can't be learned and tested."""
    counts = draft.train[target].value_counts()
    if len(counts) > _MOST_CLASSES or (len(counts) > 20 and len(counts) > 0.5 * len(draft.train)):
        draft.block(
            "too-many-classes",
            f"{code(target)} has {len(counts):,} different values in {len(draft.train):,} rows: nearly each "
            "row has its own, so there is no class to learn.",
            "Choose a target with few different values.",
            target,
        )
        return
    rare = counts[counts < _RARE].index
    if len(rare) == 0 or len(counts) - len(rare) < 2:
        return
    left = draft.frame[target].isin(rare).to_numpy() & ~draft.is_test
    draft.repaired(
        "rare-classes",
        f"{several(rare)} {'is a class' if len(rare) == 1 else 'are classes'} with a single row, which can't "
        "be both learned and tested; left out.",
        "Give at least 10 rows of each class.",
        target,
    )
    draft.keep_rows(~left)


def _check_counts(draft: Draft, target: str) -> None:
    counts = draft.train[target].value_counts()
    draft.labels = tuple(sorted(counts.index))
    if len(counts) < 2:
        if not draft.is_blocked:
            only = several(counts.index)
            draft.block(
                "one-class",
                f"Every row has the same value in {code(target)}: {only}. There is nothing to tell apart.",
                "Add rows of another class, or choose another target.",
                target,
            )
        return
    _check_unseen(draft, target)
    _check_few(draft, target, counts)
    _check_balance(draft, target, counts)


def _check_few(draft: Draft, target: str, counts: pd.Series) -> None:
    few = counts[(counts >= _RARE) & (counts < 8)]
    if len(few):
        draft.warn(
            "few-rows-in-class",
            f"{several(f'{name} ({rows})' for name, rows in few.items())} "
            f"{'has' if len(few) == 1 else 'have'} fewer than 8 rows to learn from.",
            "Give at least 10 rows of each class, better 50.",
            target,
        )


def _check_balance(draft: Draft, target: str, counts: pd.Series) -> None:
    if counts.iloc[0] > 9 * counts.iloc[-1] and len(counts) <= 20:
        draft.warn(
            "imbalance",
            f"{share(int(counts.iloc[0]), int(counts.sum()))} of the rows are {code(counts.index[0])} and "
            f"only {share(int(counts.iloc[-1]), int(counts.sum()))} are {code(counts.index[-1])}: "
            f"always answering {code(counts.index[0])} would already be right that often.",
            "Look at precision and recall of the rare class rather than at accuracy.",
            target,
        )


def _check_unseen(draft: Draft, target: str) -> None:
    unseen = sorted(set(draft.frame[target][draft.is_test]) - set(draft.labels or ()))
    if unseen:
        draft.warn(
            "unseen-classes",
            f"The rows to judge by have classes that no row to train on has: {several(unseen)}. The model "
            "will be wrong on each of them.",
            column=target,
        )
