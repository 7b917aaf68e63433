"""The data check, step by step. It sees rows as they were read; no model, no split, no clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from holdfast.training.checking.columns import read_columns
from holdfast.training.checking.contents import check_contents, check_label_words
from holdfast.training.checking.draft import Draft, start
from holdfast.training.checking.inputs import choose_inputs
from holdfast.training.checking.leakage import find_leaks, find_noise
from holdfast.training.checking.names import tidy_names
from holdfast.training.checking.parts import check_parts
from holdfast.training.checking.result import ColumnProfile, DataCheck
from holdfast.training.checking.roles import find_roles
from holdfast.training.checking.rows import clean_rows, enough_to_look_at
from holdfast.training.checking.targets import check_target
from holdfast.training.domain.data import ColumnKind
from holdfast.training.domain.findings import Severity
from holdfast.training.domain.specification import TrainingSpec

_STEPS: tuple[Callable[[Draft], None], ...] = (
    enough_to_look_at,
    tidy_names,
    check_parts,
    read_columns,
    find_roles,
    clean_rows,
    check_target,
    check_contents,
    choose_inputs,
    find_leaks,
    find_noise,
    check_label_words,
)
_UNCOUNTABLE = (ColumnKind.IMAGE, ColumnKind.AUDIO, ColumnKind.LIST, ColumnKind.RECORD)
_GRAVITY = [Severity.BLOCKED, Severity.WARNING, Severity.REPAIRED, Severity.NOTE]
_EXAMPLES = 3
_MOST_PROFILES = 300
_EXAMPLE_LENGTH = 80


def check_data(frame: pd.DataFrame, spec: TrainingSpec, test: pd.DataFrame | None = None) -> DataCheck:
    """Look at rows before anything is computed.

    Args:
        frame: rows to train on, as they were read: any types, any index.
        spec: its task may be `auto`. Roles `inputs` and `ignore` of its columns name several, with commas between them.
        test: rows to judge by; None where a part of `frame` will be set aside.

    Raises:
        UnknownTask: nothing trains the spec's task.
    """
    draft = start(frame, spec, test)
    for step in _STEPS:
        step(draft)
        if draft.is_blocked:
            break
    return _result(draft)


def _result(draft: Draft) -> DataCheck:
    whole = draft.frame
    return DataCheck(
        task=draft.task,
        reason=draft.reason,
        confidence=draft.confidence,
        columns=dict(draft.roles),
        inputs=tuple(draft.inputs),
        kinds=dict(draft.kinds),
        profiles=tuple(_profile(draft, name) for name in _shown_columns(draft)),
        labels=draft.labels,
        groups=draft.groups,
        order=draft.order,
        findings=tuple(sorted(draft.findings, key=lambda finding: _GRAVITY.index(finding.severity))),
        frame=whole[~draft.is_test].reset_index(drop=True),
        test=whole[draft.is_test].reset_index(drop=True) if draft.has_test else None,
    )


def _shown_columns(draft: Draft) -> list[str]:
    """Nobody reads a preview of thousands of columns."""
    named = [name for name in draft.frame.columns if name in draft.roles.values()]
    first = list(draft.frame.columns[:_MOST_PROFILES])
    return first + [name for name in named if name not in first]


def _profile(draft: Draft, name: str) -> ColumnProfile:
    values = draft.frame[name]
    kind = draft.kinds.get(name, ColumnKind.EMPTY)
    roles = [role for role, column in draft.roles.items() if column == name]
    known = values.dropna()
    return ColumnProfile(
        name=name,
        kind=kind,
        confidence=draft.certainties.get(name, 0.0),
        missing=int(values.isna().sum()),
        distinct=None
        if kind in _UNCOUNTABLE
        else int(known.map(str).nunique() if known.dtype == object else known.nunique()),
        examples=_examples(known, kind),
        role=roles[0] if roles else "input" if name in draft.inputs else "",
    )


def _examples(known: pd.Series, kind: ColumnKind) -> tuple[str, ...]:
    if kind in (ColumnKind.IMAGE, ColumnKind.AUDIO):
        return ()
    first = list(dict.fromkeys(_shown(value) for value in known.head(50)))[:_EXAMPLES]
    return tuple(text if len(text) <= _EXAMPLE_LENGTH else text[: _EXAMPLE_LENGTH - 1] + "…" for text in first)


def _shown(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, pd.Timestamp):
        return str(value.strftime("%Y-%m-%d" if value == value.normalize() else "%Y-%m-%d %H:%M"))
    return str(value)
