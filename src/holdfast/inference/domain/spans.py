"""Answers as stretches of a text: which tokens begin and end them. Pure numpy.

Source: transformers 4.57, pipelines/question_answering.py: scores are probabilities of start and end within a window,
multiplied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.inference.domain.kinds import Field, Flag, Integer, ListOf, Number, Record, Text
from holdfast.inference.domain.labels import softmax

Array = np.ndarray[Any, Any]

ANSWERS = ListOf(
    Record(
        {
            "answer": Field(Text(), required=True),
            "score": Field(Number(), required=True),
            "start": Field(Integer(0), "First character (or word) of the answer.", required=True),
            "end": Field(Integer(0), "Character after the last (or last word).", required=True),
        }
    )
)
READING_FIELDS = {
    "top_k": Field(Integer(1, 100), "How many answers to give; 1 without it."),
    "doc_stride": Field(Integer(0), "How many tokens windows of a long text share."),
    "max_answer_len": Field(Integer(1, 1_000), "Tokens of an answer; 15 without it."),
    "max_seq_len": Field(Integer(8), "Tokens of a window, question included; 384 without it."),
    "max_question_len": Field(Integer(1), "Tokens of the question; 64 without it."),
    "handle_impossible_answer": Field(Flag(), "Allow `no answer` (an empty one)."),
}


@dataclass(frozen=True)
class Span:
    """Tokens from `start` to `end`, both included, with what they score."""

    start: int
    end: int
    score: float


def span_scores(texts: Sequence[int | None], result: Mapping[str, Array]) -> tuple[Array, Array]:
    """Probabilities of each token to begin and to end an answer.

    Args:
        texts: which text a token belongs to: 1 is the context; None and 0 do not count but for the first token,
            which stands for `no answer`.
        result: `start_logits` and `end_logits` of the tokens.
    """
    counted = np.array([text == 1 for text in texts])
    counted[0] = True
    starts, ends = (
        softmax(np.where(counted, result[name].astype(np.float64), -1e4)) for name in ("start_logits", "end_logits")
    )
    return starts, ends


def best_spans(starts: np.ndarray[Any, Any], ends: np.ndarray[Any, Any], max_tokens: int, top_k: int) -> list[Span]:
    """The spans with the largest product of scores, no longer than `max_tokens`; those of zero are left out."""
    products = np.triu(np.outer(starts, ends)) - np.triu(np.outer(starts, ends), max_tokens)
    flat = products.ravel()
    best = np.argsort(-flat, kind="stable")[:top_k]
    found = (divmod(int(index), len(ends)) for index in best if flat[index] > 0)
    return [Span(start, end, float(products[start, end])) for start, end in found]
