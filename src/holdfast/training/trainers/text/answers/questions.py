"""Questions with their texts and answers, and how near an answer comes.

Source: SQuAD's own evaluation script, version 1.1, for what counts as the same answer.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd

from holdfast.base.errors import InvalidInput
from holdfast.training.domain.data import TrainingData

_ARTICLES = re.compile(r"\b(a|an|the)\b")


@dataclass(frozen=True)
class Question:
    """A question about a text.

    Args:
        question: what is asked.
        context: the text.
        answers: all that count as right; none: the text has no answer.
        start: where the first of them begins; None for none.
    """

    question: str
    context: str
    answers: tuple[str, ...]
    start: int | None


def read_questions(data: TrainingData, frame: pd.DataFrame) -> list[Question]:
    """Questions of some rows.

    Raises:
        InvalidInput: a column is missing, or an answer is not in its text.
    """
    missing = [role for role in ("question", "context", "answers") if role not in data.columns]
    if missing:
        raise InvalidInput(field=f"columns.{missing[0]}", problem="is missing: say which column it is")
    names = [data.columns[role] for role in ("question", "context", "answers")]
    return [_question(*values) for values in zip(*(frame[name] for name in names), strict=True)]


def _question(question: Any, context: Any, answers: Any) -> Question:
    texts, starts = _answers(answers)
    start = None
    if texts:
        start = int(starts[0]) if starts else str(context).find(texts[0])
        if str(context)[start : start + len(texts[0])] != texts[0]:
            start = str(context).find(texts[0])  # places counted otherwise, or of another version of the text
        if start < 0:
            raise InvalidInput(field="data", problem=f"has an answer that is not in its text: {texts[0][:60]!r}")
    return Question(str(question), str(context), tuple(texts), start)


def _answers(value: Any) -> tuple[list[str], list[int]]:
    """SQuAD's `{"text": […], "answer_start": […]}`, a list of `{"text", "answer_start"}`, a text, or several."""
    if isinstance(value, dict):
        texts, starts = value.get("text", ()), value.get("answer_start", ())
        if isinstance(texts, str):
            return [texts], [starts] if isinstance(starts, int) else []
        return [str(text) for text in texts], [int(start) for start in starts]
    if value is None or isinstance(value, float):
        return [], []
    if isinstance(value, str):
        return ([value], []) if value else ([], [])
    found = [_answers(one) for one in value]
    return [text for texts, _starts in found for text in texts], [start for _texts, starts in found for start in starts]


def exact_match(answer: str, right: str) -> float:
    """1 where both say the same but for case, articles and punctuation."""
    return float(_words(answer) == _words(right))


def overlap_f1(answer: str, right: str) -> float:
    """F1 of the words that both have."""
    given, wanted = _words(answer), _words(right)
    if not given or not wanted:
        return float(given == wanted)
    shared = sum((Counter(given) & Counter(wanted)).values())
    return 2 * shared / (len(given) + len(wanted))


def _words(text: str) -> list[str]:
    bare = "".join(letter for letter in text.lower() if letter not in string.punctuation)
    return _ARTICLES.sub(" ", bare).split()
