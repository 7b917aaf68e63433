"""Rows that say which answers people prefer: pairs, or answers with a verdict. Pure.

Source: anthropics/hh-rlhf (whole talks in one text: "Human: … Assistant: …"); TRL's prompt, chosen, rejected.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from holdfast.training.trainers.interface import TrialFailed
from holdfast.training.trainers.llm.conversations import Message, Row, messages_of, prompt_of

_TURN = re.compile(r"(?:^|\n\n)(Human|Assistant): ?")
_GOOD = frozenset(("true", "1", "1.0", "yes", "good", "chosen", "up", "positive", "desirable", "accepted"))
_BAD = frozenset(("false", "0", "0.0", "-1", "no", "bad", "rejected", "down", "negative", "undesirable"))


def pair_of(row: Row, columns: Mapping[str, str]) -> dict[str, Any]:
    """A row as `prompt`, `chosen`, `rejected`, all as messages.

    Raises:
        TrialFailed: an answer is missing, or both are the same.
    """
    names = {role: columns.get(role, role) for role in ("prompt", "chosen", "rejected")}
    chosen, rejected = (row.get(names[role]) for role in ("chosen", "rejected"))
    if chosen is None or rejected is None:
        raise TrialFailed(f"the rows need columns `chosen` and `rejected`; they have: {', '.join(map(str, row))}")
    prompt, better = _apart(row.get(names["prompt"]), chosen)
    _prompt, worse = _apart(row.get(names["prompt"]), rejected)
    return {"prompt": prompt, "chosen": [better], "rejected": [worse]}


def _apart(prompt: Any, answer: Any) -> tuple[list[Message], Message]:
    """Question and answer of one side of a pair."""
    if isinstance(prompt, str) or (prompt is not None and not isinstance(prompt, float)):
        given = prompt_of(prompt)
        return given, _last(answer)
    talk = _talk(answer) if isinstance(answer, str) else messages_of(answer)
    if len(talk) > 1:
        return talk[:-1], talk[-1]
    return [{"role": "user", "content": ""}], _last(answer)


def _last(answer: Any) -> Message:
    if isinstance(answer, str):
        return {"role": "assistant", "content": answer}
    messages = messages_of(answer)
    if not messages:
        raise TrialFailed("an answer is an empty list of messages")
    return messages[-1]


def _talk(text: str) -> list[Message]:
    """A whole talk in one text; empty if it is none."""
    parts = _TURN.split(text)
    roles = {"Human": "user", "Assistant": "assistant"}
    return [{"role": roles[who], "content": said.strip()} for who, said in zip(parts[1::2], parts[2::2], strict=True)]


def verdicts_of(row: Row, columns: Mapping[str, str]) -> list[dict[str, Any]]:
    """A row as examples with `prompt`, `completion`, `label`; a pair makes two of them.

    Raises:
        TrialFailed: no answer, or a label that is neither good nor bad.
    """
    if columns.get("chosen", "chosen") in row:
        pair = pair_of(row, columns)
        sides = (("chosen", True), ("rejected", False))
        return [{"prompt": pair["prompt"], "completion": pair[side], "label": good} for side, good in sides]
    names = {role: columns.get(role, role) for role in ("prompt", "completion", "label")}
    answer, label = row.get(names["completion"]), row.get(names["label"])
    if answer is None or label is None:
        raise TrialFailed(f"the rows need `completion` and `label`; they have: {', '.join(map(str, row))}")
    prompt, said = _apart(row.get(names["prompt"]), answer)
    return [{"prompt": prompt, "completion": [said], "label": _is_good(label)}]


def _is_good(label: Any) -> bool:
    word = str(label).strip().lower()
    if word not in _GOOD | _BAD:
        raise TrialFailed(f"a label must say good or bad (true, false); found {word[:40]!r}")
    return word in _GOOD
