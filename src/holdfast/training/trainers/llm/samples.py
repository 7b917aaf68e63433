"""Answers of a model before and after it was taught, to the same questions: what numbers do not show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from holdfast.inference.runtime.libraries import need
from holdfast.training.trainers.llm import weights
from holdfast.training.trainers.llm.methods import Example
from holdfast.training.trainers.llm.settings import LlmSettings

_MOST = 3
_TOKENS = 40
Question = Any
"""Messages, or a text to go on with."""


def questions_of(examples: Sequence[Example]) -> list[Question]:
    """Up to three questions of examples that were not learned from."""
    return [_question(example) for example in examples[:_MOST]]


def _question(example: Example) -> Question:
    if "text" in example:
        text = str(example["text"])
        return text[: max(1, min(80, len(text) // 3))]
    return list(example["prompt"])


def text_of(example: Example) -> str:
    """A pair's better answer with its question, as a plain text."""
    messages = [*example["prompt"], *example["chosen"]]
    return "\n".join(str(message["content"]) for message in messages if message["content"])


def before_and_after(base: Path, taught: Path, questions: Sequence[Question]) -> list[dict[str, str]]:
    """The likeliest answers of both, in plain texts."""
    chats = not isinstance(questions[0], str)
    tokenizer = weights.load_words(taught, chats=chats)
    answers = {name: _answers(folder, tokenizer, questions) for name, folder in (("before", base), ("after", taught))}
    return [
        {"prompt": _shown(question), "before": answers["before"][index], "after": answers["after"][index]}
        for index, question in enumerate(questions)
    ]


def _shown(question: Question) -> str:
    return question if isinstance(question, str) else str(question[-1]["content"])


def _answers(folder: Path, tokenizer: Any, questions: Sequence[Question]) -> list[str]:
    torch = need("torch")
    model = weights.load_base(folder, LlmSettings()).eval()
    found = []
    for question in questions:
        ids = torch.tensor([_tokens(tokenizer, question)])
        with torch.inference_mode():
            made = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                max_new_tokens=_TOKENS,
                do_sample=False,
                pad_token_id=tokenizer.pad_token_id,
            )
        found.append(tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True).strip())
    return found


def _tokens(tokenizer: Any, question: Question) -> list[int]:
    """Of the question, cut on the left so that there is room for an answer."""
    text = (
        question
        if isinstance(question, str)
        else tokenizer.apply_chat_template(question, add_generation_prompt=True, tokenize=False)
    )
    ids: list[int] = tokenizer(text, verbose=False)["input_ids"]
    room = min(tokenizer.model_max_length, 1_024) - _TOKENS
    return ids[-max(1, room) :]
