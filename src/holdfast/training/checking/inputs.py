"""Which columns of a table the model sees: not those that say nothing, and not those that give the answer away."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from holdfast.training.checking.draft import Draft, words
from holdfast.training.checking.kinds import snake
from holdfast.training.checking.phrases import code, count, several, share
from holdfast.training.domain.data import ColumnKind

TABLE_TASKS = (
    "tabular-classification",
    "tabular-regression",
    "clustering",
    "anomaly-detection",
    "dimensionality-reduction",
)
MOST_INPUTS = 1000
"""As many as a request to a served model may name."""
_UNREADABLE = (ColumnKind.IMAGE, ColumnKind.AUDIO, ColumnKind.LIST, ColumnKind.RECORD)
_GROUP_KINDS = (ColumnKind.IDENTIFIER, ColumnKind.NUMBER, ColumnKind.CATEGORY)
_GROUP_NAMES = re.compile(
    r"(^|_)(patient|customer|client|user|subject|person|participant|speaker|session|device|household|account|member|author|driver|player|student|group)(_?(id|nr|no|number|key|uuid))?$"
)
_ORDER_NAMES = re.compile(r"(^|_)(date|datetime|timestamp|time|day|week|month|period|ds)$")


def choose_inputs(draft: Draft) -> None:
    """Settle what a model of a table sees."""
    if draft.task not in TABLE_TASKS:
        return
    asked = words(draft.spec.columns, "inputs")
    draft.asked_inputs = bool(asked)
    ignored = {name for name, kind in draft.spec.kinds.items() if kind == "ignore"}
    taken = {*draft.roles.values(), *words(draft.spec.columns, "ignore"), *ignored}
    draft.inputs = asked or [name for name in draft.frame.columns if name not in taken]
    if not asked:
        _find_groups(draft)
        _find_order(draft)
        _drop_identifiers(draft)
    _drop_unreadable(draft)
    _limit(draft)
    _drop_silent(draft)
    if not asked:
        _drop_copies(draft)
    _judge_width(draft)
    _judge_gaps(draft)
    if not draft.inputs and not draft.is_blocked:
        draft.block(
            "no-inputs",
            "No column is left that a model could learn from.",
            "Add columns that have to do with what is to be predicted.",
        )


def _leave_out(draft: Draft, names: list[str]) -> None:
    gone = set(names)
    draft.inputs = [name for name in draft.inputs if name not in gone]


def _find_groups(draft: Draft) -> None:
    rows = len(draft.frame)
    for name in draft.inputs:
        if not _GROUP_NAMES.search(snake(name)) or draft.kinds[name] not in _GROUP_KINDS:
            continue
        different = draft.frame[name].nunique()
        if max(20, rows**0.5) <= different <= 0.9 * rows:
            draft.groups = name
            draft.kinds[name] = ColumnKind.IDENTIFIER
            draft.note(
                "groups",
                f"Rows with the same {code(name)} belong together ({different:,} in {rows:,} rows): they are "
                "kept on one side when a part is set aside for the test.",
                column=name,
            )
            return


def _find_order(draft: Draft) -> None:
    dates = [name for name in draft.inputs if draft.kinds[name] is ColumnKind.DATE]
    if len(dates) != 1 or draft.groups or draft.target is None or not _ORDER_NAMES.search(snake(dates[0])):
        return
    values = draft.train[dates[0]].dropna()
    if (
        values.nunique() > 0.5 * len(values)
        and values.is_monotonic_increasing
        and len(values) > 0.95 * len(draft.train)
    ):
        draft.order = dates[0]
        draft.note(
            "time-order",
            f"Rows follow each other in time by {code(dates[0])}: the model is tested on the latest ones, as "
            "it will be in use.",
            column=dates[0],
        )


def _drop_identifiers(draft: Draft) -> None:
    found = [name for name in draft.inputs if draft.kinds[name] is ColumnKind.IDENTIFIER]
    for name in found:
        values = draft.frame[name]
        twice = int(values.dropna().duplicated().sum())
        if twice and twice < 0.05 * len(values) and name != draft.groups:
            draft.warn(
                "repeated-ids",
                f"{code(name)} seems to number the rows, but {count(twice, 'value')} "
                f"come{'s' if twice == 1 else ''} twice.",
                "Check whether these rows were entered twice.",
                name,
            )
    if found:
        draft.note(
            "identifiers",
            f"{several(found)} only {'tells' if len(found) == 1 else 'tell'} rows apart, so the model does "
            f"not see {'it' if len(found) == 1 else 'them'}.",
            column=found[0] if len(found) == 1 else None,
        )
        _leave_out(draft, found)


def _drop_unreadable(draft: Draft) -> None:
    found = [name for name in draft.inputs if draft.kinds[name] in _UNREADABLE]
    if found:
        kinds = " and ".join(sorted({draft.kinds[name].value for name in found}))
        draft.repaired(
            "no-table-values",
            f"{several(found)} {'holds' if len(found) == 1 else 'hold'} {kinds} values, which models of "
            "tables can't use; left out.",
        )
        _leave_out(draft, found)


def _drop_silent(draft: Draft) -> None:
    train = draft.train[draft.inputs]
    missing = train.isna().sum()
    empty = list(missing.index[missing == len(train)])
    same = _varieties(train) + (missing > 0) == 1
    constant = [name for name in same.index[same] if name not in empty]
    if empty:
        draft.repaired(
            "empty-columns",
            f"{several(empty)} {'is' if len(empty) == 1 else 'are'} empty in every row; left out.",
            column=empty[0] if len(empty) == 1 else None,
        )
    if constant:
        draft.repaired(
            "constant-columns",
            f"{several(constant)} {'has' if len(constant) == 1 else 'have'} the same value in every row and "
            "can't explain any difference; left out.",
            column=constant[0] if len(constant) == 1 else None,
        )
    _leave_out(draft, empty + constant)


def _varieties(frame: pd.DataFrame) -> pd.Series:
    """How many different values each column has; thousands of columns of numbers at once."""
    numeric = [name for name, kind in frame.dtypes.items() if kind.kind in "fiu"]
    others = pd.Series({name: frame[name].nunique() for name in frame.columns.difference(numeric)}, dtype=int)
    if not numeric:
        return others.reindex(frame.columns)
    ordered = np.sort(frame[numeric].to_numpy(dtype=float), axis=0)
    known = ~np.isnan(ordered)
    steps = ((ordered[1:] != ordered[:-1]) & known[1:]).sum(axis=0)
    counted = pd.Series(steps + known[:1].sum(axis=0), index=numeric)
    return pd.concat([others, counted]).reindex(frame.columns)


def _drop_copies(draft: Draft) -> None:
    """Columns that hold the same values under two names."""
    first: dict[object, str] = {}
    copies: dict[str, str] = {}
    for name in draft.inputs:
        mark = (str(draft.frame[name].dtype), int(pd.util.hash_pandas_object(draft.frame[name], index=False).sum()))
        if mark not in first:
            first[mark] = name
        elif draft.frame[name].equals(draft.frame[first[mark]]):
            copies[name] = first[mark]
    if copies:
        shown = ", ".join(f"{code(copy)} repeats {code(name)}" for copy, name in list(copies.items())[:3])
        draft.repaired(
            "same-columns",
            f"{count(len(copies), 'column')} hold{'s' if len(copies) == 1 else ''} the same as another "
            f"({shown}); left out.",
        )
        _leave_out(draft, list(copies))


def _limit(draft: Draft) -> None:
    if len(draft.inputs) <= MOST_INPUTS:
        return
    train = draft.train[draft.inputs]
    filled = train.notna().mean()
    variety = _varieties(train)
    best = set(
        pd.DataFrame({"filled": filled, "variety": variety})
        .sort_values(["filled", "variety"], ascending=False, kind="stable")
        .index[:MOST_INPUTS]
    )
    draft.repaired(
        "too-many-columns",
        f"The table has {len(draft.inputs):,} columns to learn from; a served model takes at most "
        f"{MOST_INPUTS:,}, so those with the fewest gaps and the most different values were kept.",
        'Name the columns that matter yourself: columns: {inputs: "a, b, c"}.',
    )
    draft.inputs = [name for name in draft.inputs if name in best]


def _judge_width(draft: Draft) -> None:
    rows = len(draft.train)
    if len(draft.inputs) > max(20, rows):
        draft.warn(
            "more-columns-than-rows",
            f"There are more columns ({len(draft.inputs):,}) than rows ({rows:,}): some will fit by pure chance.",
            "Give more rows, or only the columns that matter.",
        )


def _judge_gaps(draft: Draft) -> None:
    missing = draft.train[draft.inputs].isna().mean() if draft.inputs else pd.Series(dtype=float)
    mostly = missing[missing > 0.5]
    if len(mostly):
        worst = str(mostly.idxmax())
        rows = round(mostly.max() * len(draft.train))
        draft.warn(
            "many-gaps",
            f"{several(mostly.index)} {'is' if len(mostly) == 1 else 'are'} empty in more than half of the "
            f"rows ({code(worst)} in {share(rows, len(draft.train))}).",
            "Find out why: the gap itself may mean something.",
        )
    some = missing[(missing > 0) & (missing <= 0.5)]
    if len(some):
        draft.note(
            "gaps",
            f"{several(some.index)} {'has' if len(some) == 1 else 'have'} missing values; models fill them in "
            "with what is usual.",
        )
