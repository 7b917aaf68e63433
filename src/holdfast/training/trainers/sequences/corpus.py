"""Texts as tokens for a language model: one after the other, an end between them, cut into pieces of one length.

Dimensions: P pieces, T tokens of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.training.trainers.interface import TrialFailed

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Corpus:
    """Pieces to learn from or to judge by.

    Args:
        pieces_PT: tokens.
        byte_count: of the texts they stand for: to compare models with different tokenizers.
        token_count: of the texts, before they were cut.
    """

    pieces_PT: Array  # noqa: N815 - dimensions in the name
    byte_count: int
    token_count: int

    def unigram_perplexity(self, learned: Corpus, vocabulary: int) -> float:
        """Of guessing each token by how often it comes in `learned`: what a model that reads nothing would have."""
        counts = np.bincount(learned.pieces_PT.ravel(), minlength=vocabulary) + 1.0
        chances = counts / counts.sum()
        return float(np.exp(-np.log(chances[self.pieces_PT.ravel()]).mean()))


def corpus_of(texts: Sequence[str], tokenizer: Any, length: int) -> Corpus:
    """Cut texts into pieces of `length` tokens; the rest that fills none is left out, unless there is nothing else.

    Raises:
        TrialFailed: there is hardly any text.
    """
    flat: list[int] = []
    for text in texts:
        flat += [*tokenizer(text, truncation=False, verbose=False)["input_ids"], tokenizer.eos_token_id]
    if len(flat) < 8:
        raise TrialFailed("there is hardly any text to learn from")
    width = min(length, len(flat))
    count = len(flat) // width
    pieces = np.array(flat[: count * width], np.int64).reshape(count, width)
    return Corpus(pieces, sum(len(text.encode()) + 1 for text in texts), len(flat))
