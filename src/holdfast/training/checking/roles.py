"""Which column is what: as the spec says, else as names and kinds suggest."""

from __future__ import annotations

from difflib import get_close_matches

from holdfast.training.checking.draft import Draft, words
from holdfast.training.checking.phrases import code, several
from holdfast.training.checking.tasks import find_target, guess, named
from holdfast.training.domain.data import ColumnKind
from holdfast.training.trainers import registry

_KINDS = {
    "text": (ColumnKind.TEXT,),
    "image": (ColumnKind.IMAGE,),
    "audio": (ColumnKind.AUDIO,),
    "tokens": (ColumnKind.LIST,),
    "messages": (ColumnKind.LIST,),
}
_LISTED = ("inputs", "ignore")
_PAIRS = {
    "token-classification": (("tokens", "tags"), ("text", "spans")),
    "llm-sft": (("messages",), ("prompt", "completion"), ("text",)),
}


def find_roles(draft: Draft) -> None:
    """Settle the task and its columns."""
    if not _named_columns_exist(draft):
        return
    draft.roles = {role: name for role, name in draft.spec.columns.items() if role not in _LISTED and name}
    if draft.task == "auto":
        found = guess(draft)
        draft.task, draft.reason, draft.confidence = found.task, found.reason, found.confidence
        draft.roles = found.roles | draft.roles
        draft.note(
            "inferred-task",
            f"This looks like data for {draft.task}. {draft.reason}",
            "Choose another task or column where this is wrong.",
        )
    plan = registry.plan_of(draft.task)
    for wish in plan.roles:
        _find(draft, wish)
    _check_pairs(draft)


def _named_columns_exist(draft: Draft) -> bool:
    """Whether the columns that the spec names are there."""
    asked = [name for role, name in draft.spec.columns.items() if role not in _LISTED and name]
    asked += [name for role in _LISTED for name in words(draft.spec.columns, role)]
    known = list(draft.frame.columns)
    for name in asked:
        if name not in known:
            lower = {str(column).casefold(): column for column in known}
            near = lower.get(name.casefold()) or next(iter(get_close_matches(name, known, 1)), None)
            advice = f"Did you mean {code(near)}?" if near else f"The columns are {several(known, 12)}."
            draft.block("no-such-column", f"There is no column {code(name)} in the data.", advice)
    return not draft.is_blocked


def _find(draft: Draft, wish: str) -> None:
    role, optional = wish.removesuffix("?"), wish.endswith("?")
    if role in draft.roles or role in _LISTED:
        return
    taken = set(draft.roles.values())
    found = named(draft, role) if role != "target" else None
    if role == "target":
        found = (
            find_target(draft, [*taken]) if not optional or draft.spec.columns.get("target") else _called_target(draft)
        )
    if (found is None or found in taken) and not optional:
        found = next((name for name in draft.of_kind(*_KINDS.get(role, ())) if name not in taken), None)
    if found is not None and found not in taken:
        draft.roles[role] = found
        if not optional:
            draft.note(
                "inferred-column",
                f"{code(found)} is taken as the {role}.",
                "Name another column where this is wrong.",
                found,
            )
    elif not optional:
        plan = registry.plan_of(draft.task)
        draft.block(
            "missing-column",
            f"{draft.task} needs a column for `{role}` ({plan.roles[wish]}), and none could be told among "
            f"{several(draft.frame.columns, 8)}.",
            f"Say which one it is: columns: {{{role}: NAME}}.",
        )


def _called_target(draft: Draft) -> str | None:
    """For tasks that can do without: only what is clearly a label."""
    names = [
        name
        for name in draft.frame.columns
        if str(name).casefold() in ("label", "target", "class", "is_anomaly", "anomaly", "outlier")
    ]
    return names[0] if names else None


def _check_pairs(draft: Draft) -> None:
    pairs = _PAIRS.get(draft.task)
    if pairs and not any(all(role in draft.roles for role in pair) for pair in pairs):
        ways = " or ".join(" and ".join(f"`{role}`" for role in pair) for pair in pairs)
        draft.block(
            "missing-column",
            f"{draft.task} needs columns for {ways}, and the data has {several(draft.frame.columns, 8)}.",
            "Say which column is which: columns: {ROLE: NAME}.",
        )
