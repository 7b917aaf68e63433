"""Rows of any usual shape as conversations: messages, questions with answers, Alpaca, ShareGPT. Pure.

Source: the columns of tatsu-lab/alpaca (instruction, input, output), of ShareGPT (conversations: from, value), of
OpenAI's fine-tuning (messages: role, content), of TRL (prompt, completion; text).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from holdfast.training.trainers.interface import TrialFailed

Message = dict[str, str]
Row = Mapping[str, Any]

_ROLES = {
    "human": "user",
    "user": "user",
    "prompter": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "chatgpt": "assistant",
    "system": "system",
}
_QUESTIONS = ("prompt", "question", "instruction", "input", "query")
_ANSWERS = ("completion", "response", "output", "answer", "chosen")
_TURNS = ("messages", "conversations", "conversation", "dialog", "dialogue")


def messages_of(value: Any) -> list[Message]:
    """A conversation as messages with role and content.

    Args:
        value: a list of records (role and content, or from and value), or such a list as JSON.

    Raises:
        TrialFailed: it is none.
    """
    turns = _parsed(value)
    if not isinstance(turns, Iterable) or isinstance(turns, (str, bytes, Mapping)):
        raise TrialFailed("a conversation must be a list of messages")
    return [_message(turn) for turn in turns]


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise TrialFailed(f"this is no conversation, nor JSON: {value[:60]!r}") from None


def _message(turn: Any) -> Message:
    if not isinstance(turn, Mapping):
        raise TrialFailed("each message of a conversation must have a role and a content")
    role = _ROLES.get(str(turn.get("role", turn.get("from", ""))).lower())
    content = turn.get("content", turn.get("value"))
    if role is None or content is None:
        said = turn.get("role", turn.get("from"))
        raise TrialFailed(f"each message must have a role (user, assistant, system) and a content; found {said!r}")
    return {"role": role, "content": str(content)}


def example_of(row: Row, columns: Mapping[str, str]) -> dict[str, Any]:
    """A row as an example to learn from: `prompt` and `completion` as messages, or `text`.

    Args:
        row: values by column.
        columns: column by role, as far as they are known; others are found by their usual names.

    Raises:
        TrialFailed: no column holds a conversation, a question with an answer, or a text.
    """
    turns = _value(row, columns, "messages", _TURNS)
    if turns is not None:
        return _split(messages_of(turns))
    question, answer = _value(row, columns, "prompt", _QUESTIONS), _value(row, columns, "completion", _ANSWERS)
    if question is not None and answer is not None:
        return {"prompt": [_user(_with_input(question, row))], "completion": [_assistant(answer)]}
    text = _value(row, columns, "text", ("text", "content"))
    if text is None:
        found = ", ".join(map(str, row))
        raise TrialFailed(
            "the rows have no conversations (messages), no questions with answers (prompt, completion; instruction, "
            f"output) and no texts (text). Their columns are: {found}"
        )
    return {"text": str(text)}


def _with_input(question: Any, row: Row) -> str:
    """Alpaca's instruction with the input that it is about."""
    about = row.get("input") if "instruction" in row else None
    return f"{question}\n\n{about}" if isinstance(about, str) and about.strip() else str(question)


def _split(messages: Sequence[Message]) -> dict[str, Any]:
    """The last answer is what is learned, all before it is given."""
    last = max((index for index, message in enumerate(messages) if message["role"] == "assistant"), default=0)
    if last == 0:
        raise TrialFailed("a conversation must hold a question and, after it, an answer (role assistant)")
    return {"prompt": list(messages[:last]), "completion": [messages[last]]}


def question_of(row: Row, columns: Mapping[str, str]) -> dict[str, Any]:
    """A row as a question to try, with the right answer where there is one.

    Raises:
        TrialFailed: no column holds questions.
    """
    turns = _value(row, columns, "messages", _TURNS)
    question = _value(row, columns, "prompt", _QUESTIONS)
    if turns is None and question is None:
        raise TrialFailed(f"the rows have no questions (prompt). Their columns are: {', '.join(map(str, row))}")
    answer = _value(row, columns, "answer", ("answer", "solution", "completion", "output"))
    prompt = _split(messages_of(turns))["prompt"] if turns is not None else prompt_of(question)
    return {"prompt": prompt, "answer": "" if answer is None else str(answer)}


def prompt_of(value: Any) -> list[Message]:
    """A question as messages: a text, or messages already."""
    return [_user(value)] if isinstance(value, str) else messages_of(value)


def _user(text: Any) -> Message:
    return {"role": "user", "content": str(text)}


def _assistant(text: Any) -> Message:
    return {"role": "assistant", "content": str(text)}


def _value(row: Row, columns: Mapping[str, str], role: str, names: Sequence[str]) -> Any:
    """Of the column that has a role, else of the first with a usual name; None where there is none, or it is empty."""
    for name in (columns[role],) if role in columns else names:
        found = row.get(name)
        if found is not None and not (isinstance(found, float) and found != found):  # noqa: PLR0124 - NaN
            return found
    return None
