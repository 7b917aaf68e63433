"""What stands in the columns of tasks with texts, pictures, sounds, questions and preferences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from holdfast.training.checking.draft import Draft
from holdfast.training.checking.kinds import is_readable_media
from holdfast.training.checking.phrases import code, count, share
from holdfast.training.domain.data import ColumnKind

_LONG = 6000
_SHORT_OF_WORDS = 3
_TEXTS = ("text", "text_pair", "question", "context", "prompt", "completion", "chosen", "rejected", "target")
_TARGET_IS_TEXT = ("summarization", "translation")


def check_contents(draft: Draft) -> None:
    """Look into the columns that have a role."""
    for role, name in list(draft.roles.items()):
        if role in _TEXTS and (role != "target" or draft.task in _TARGET_IS_TEXT):
            _check_text(draft, role, name)
        elif role in ("image", "audio"):
            _check_media(draft, role, name)
    for roles, check in _PAIRS.items():
        if all(role in draft.roles for role in roles):
            check(draft, *(draft.roles[role] for role in roles))


def _drop(
    draft: Draft, bad: np.ndarray, code_name: str, what: str, advice: str = "", column: str | None = None
) -> None:
    if not bad.any():
        return
    if bad[~draft.is_test].all():
        draft.block(code_name, f"Every row {what}: nothing is left to learn from.", advice, column)
        return
    draft.repaired(
        code_name,
        f"{count(int(bad.sum()), 'row')} ({share(int(bad.sum()), len(bad))}) {what}; left out.",
        advice,
        column,
    )
    draft.keep_rows(~bad)


def _check_text(draft: Draft, role: str, name: str) -> None:
    if draft.kinds[name] in (ColumnKind.LIST, ColumnKind.RECORD):
        return
    values = draft.frame[name]
    if not values.map(lambda value: isinstance(value, str) or pd.isna(value)).all():
        values = values.map(lambda value: value if isinstance(value, str) or pd.isna(value) else str(value)).astype(
            object
        )
        draft.frame[name] = values
    _drop(draft, values.isna().to_numpy(), "empty-texts", f"had no text in {code(name)}", column=name)
    lengths = draft.train[name].str.len()
    _judge_lengths(draft, name, lengths)
    if role == "text" and draft.kinds[name] is ColumnKind.IDENTIFIER:
        draft.warn(
            "texts-like-ids",
            f"{code(name)} should be text, but its values are single words that are all different, such as "
            f"{code(draft.frame[name].iloc[0])}: they look like ids.",
            "Choose the column that holds sentences.",
            name,
        )


def _judge_lengths(draft: Draft, name: str, lengths: pd.Series) -> None:
    long = int((lengths > _LONG).sum())
    if long:
        draft.warn(
            "long-texts",
            f"{count(long, 'text')} of {code(name)} {'is' if long == 1 else 'are'} longer than {_LONG:,} "
            f"signs (the longest has {int(lengths.max()):,}); most language models read only the beginning.",
            "Cut them into parts, or keep the part that matters.",
            name,
        )


def _check_media(draft: Draft, role: str, name: str) -> None:
    values = draft.frame[name]
    what = "picture" if role == "image" else "sound"
    _drop(draft, values.isna().to_numpy(), f"no-{role}", f"had no {what} in {code(name)}", column=name)
    bad = ~draft.frame[name].map(is_readable_media).to_numpy(dtype=bool)
    _drop(
        draft,
        bad,
        f"broken-{role}",
        f"had a {what} in {code(name)} that is damaged or of an unknown format",
        "Save it again as PNG or JPEG." if role == "image" else "Save it again as WAV or FLAC.",
        name,
    )


def _same_length(draft: Draft, tokens: str, tags: str) -> None:
    lengths = [
        draft.frame[name].map(
            lambda value: len(value) if hasattr(value, "__len__") and not isinstance(value, str) else -1
        )
        for name in (tokens, tags)
    ]
    bad = ((lengths[0] != lengths[1]) | (lengths[0] <= 0)).to_numpy()
    _drop(
        draft,
        bad,
        "tags-do-not-fit",
        f"had not one tag in {code(tags)} for each word in {code(tokens)}",
        "Words and tags must be lists of the same length.",
        tags,
    )


def _answer_in_context(draft: Draft, context: str, answers: str) -> None:
    def fits(text: Any, answer: Any) -> bool:
        found = answer.get("text", ()) if isinstance(answer, dict) else answer
        given = [found] if isinstance(found, str) else list(found if found is not None else ())
        return isinstance(text, str) and all(str(one) in text for one in given)

    bad = np.array(
        [not fits(text, answer) for text, answer in zip(draft.frame[context], draft.frame[answers], strict=True)],
        dtype=bool,
    )
    _drop(
        draft,
        bad,
        "answer-not-in-text",
        f"had an answer in {code(answers)} that does not occur in {code(context)}",
        "Answers must be copied from the text, letter by letter.",
        answers,
    )


def _different(draft: Draft, chosen: str, rejected: str) -> None:
    pairs = zip(draft.frame[chosen], draft.frame[rejected], strict=True)
    bad = np.array([repr(one) == repr(other) for one, other in pairs], dtype=bool)
    _drop(
        draft,
        bad,
        "same-answers",
        f"had the same answer as {code(chosen)} and as {code(rejected)}, which says nothing about what is better",
        column=chosen,
    )


def _is_translated(draft: Draft, text: str, target: str) -> None:
    if draft.task not in _TARGET_IS_TEXT:
        return
    bad = (draft.frame[text] == draft.frame[target]).to_numpy()
    _drop(draft, bad, "nothing-to-do", f"had the same text in {code(text)} and {code(target)}", column=target)


def check_label_words(draft: Draft) -> None:
    """Texts that name their own label."""
    text, target = draft.roles.get("text"), draft.target
    if (
        draft.task != "text-classification"
        or not text
        or not draft.labels
        or draft.kinds[str(target)] is ColumnKind.LIST
    ):
        return
    sample = draft.train.sample(min(2000, len(draft.train)), random_state=0)
    named = [
        str(label).casefold() in str(words).casefold()
        for words, label in zip(sample[text], sample[target], strict=True)
        if len(str(label)) > _SHORT_OF_WORDS
    ]
    if len(named) > 20 and np.mean(named) > 0.9:
        draft.warn(
            "label-in-text",
            f"Nearly every text in {code(text)} names its own label ({np.mean(named):.0%}): a model would "
            "learn to look for that word.",
            "Take the label's name out of the texts, if it is not there in use.",
            text,
        )


_PAIRS: dict[tuple[str, str], Callable[[Draft, str, str], None]] = {
    ("tokens", "tags"): _same_length,
    ("context", "answers"): _answer_in_context,
    ("chosen", "rejected"): _different,
    ("text", "target"): _is_translated,
}
