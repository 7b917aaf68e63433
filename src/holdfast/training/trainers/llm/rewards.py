r"""Rules that score answers of a language model, for reinforcement learning. Pure, but for the reward model.

A reward is a word (`exact-match`) or an object (`{"kind": "regex", "pattern": "^\d+$"}`):

| kind | 1 for an answer that … | settings |
|---|---|---|
| exact-match | is the right answer (or ends in it), whatever its case and spaces | |
| regex | has a match | pattern |
| length | is as long as wanted; less, the farther it is from that | characters |
| digits | consists of digits; in part for a part | |
| json | is valid JSON | |
| reward-model | — what the model gives it | model |
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.inference.runtime.libraries import need
from holdfast.training.learning.base_models import folder_of

Rule = Callable[[str, str], float]
"""Answer of the model, right answer → reward."""

_NUMBER = re.compile(r"-?\d[\d,]*\.?\d*")


def exact_match(answer: str, right: str) -> float:
    """Whether an answer is right. `#### 72`, as GSM8K has it, means 72, and an answer's last number counts then."""
    marked = right.rpartition("####")
    wanted = _plain(marked[2])
    if marked[1]:
        numbers = _NUMBER.findall(answer)
        return float(bool(numbers) and _plain(numbers[-1]) == wanted)
    said = _plain(answer)
    return float(bool(wanted) and (said == wanted or said.endswith(" " + wanted)))


def _plain(text: str) -> str:
    return " ".join(text.lower().replace(",", "").split()).rstrip(".")


def digits(answer: str, right: str = "") -> float:  # noqa: ARG001 - a rule
    """Share of an answer's characters that are digits."""
    return sum(letter.isdigit() for letter in answer) / max(1, len(answer))


def valid_json(answer: str, right: str = "") -> float:  # noqa: ARG001 - a rule
    """Whether an answer is JSON."""
    try:
        json.loads(answer)
    except (ValueError, RecursionError):
        return 0.0
    return 1.0


def matching(pattern: str) -> Rule:
    """Whether an answer has a match."""
    compiled = re.compile(pattern)
    return lambda answer, _right: float(compiled.search(answer) is not None)


def as_long_as(characters: int) -> Rule:
    """How near an answer's length is to what is wanted: 1 there, 0 at nothing or at twice as much."""
    return lambda answer, _right: max(0.0, 1 - abs(len(answer) - characters) / max(1, characters))


def rewards_of(wanted: Any) -> list[Any]:
    """Rewards as TRL takes them: functions, or a model.

    Args:
        wanted: one reward or a list of them.

    Raises:
        InvalidInput: there is no such reward, or its settings are wrong.
        TrialFailed: the reward model cannot be had.
    """
    some = wanted if isinstance(wanted, (list, tuple)) else [wanted]
    return [_reward(one) for one in some]


def _reward(wanted: Any) -> Any:
    said = {"kind": wanted} if isinstance(wanted, str) else wanted
    kind = str(said.get("kind")) if isinstance(said, Mapping) else ""
    if kind == "reward-model":
        return _reward_model(str(said.get("model", "")))
    if kind not in _RULES:
        raise InvalidInput(field="params.rewards", problem=f"must name one of {', '.join(_RULES)}, reward-model")
    try:
        rule = _RULES[kind](said)
    except (KeyError, TypeError, ValueError, re.error) as error:
        raise InvalidInput(
            field="params.rewards", problem=f"{kind} lacks a setting or has a wrong one: {error}"
        ) from None
    return _as_trl(rule, kind)


_RULES: Mapping[str, Callable[[Mapping[str, Any]], Rule]] = {
    "exact-match": lambda _said: exact_match,
    "regex": lambda said: matching(str(said["pattern"])),
    "length": lambda said: as_long_as(int(said["characters"])),
    "digits": lambda _said: digits,
    "json": lambda _said: valid_json,
}


def _as_trl(rule: Rule, name: str) -> Any:
    def scores(completions: Sequence[Any], answer: Sequence[str] = (), **_others: Any) -> list[float]:
        rights = answer or [""] * len(completions)
        return [rule(text_of(completion), right) for completion, right in zip(completions, rights, strict=True)]

    scores.__name__ = name  # TRL's figures have it
    return scores


def text_of(completion: Any) -> str:
    """What a model said: a text, or messages."""
    return completion if isinstance(completion, str) else str(completion[-1]["content"])


def _reward_model(name: str) -> Any:
    if not name:
        raise InvalidInput(field="params.rewards", problem="reward-model lacks `model`: a folder or a model of the Hub")
    return need("transformers").AutoModelForSequenceClassification.from_pretrained(
        folder_of(name), use_safetensors=True, local_files_only=True, trust_remote_code=False
    )
