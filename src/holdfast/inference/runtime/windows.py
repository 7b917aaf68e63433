"""Long texts in windows that overlap: tokens with the places they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.inference.runtime.rows import Row


@dataclass(frozen=True)
class Window:
    """Tokens of a text (or of a question and a text), each with its place.

    Args:
        row: what the model sees.
        offsets: first and last character of each token in its own text.
        special: tokens that the tokenizer added.
        words: the number of the word that a token belongs to in its own text, None for none.
        texts: which of the texts a token comes from, None for special tokens.
    """

    row: Row
    offsets: Sequence[tuple[int, int]]
    special: Sequence[bool]
    words: Sequence[int | None]
    texts: Sequence[int | None]


_OF_WINDOWS = ("offset_mapping", "special_tokens_mask", "overflow_to_sample_mapping")


def text_windows(
    tokenizer: Any,
    texts: Sequence[str | Sequence[str]],
    max_tokens: int | None,
    stride: int,
    truncation: str = "longest_first",
) -> list[Window]:
    """A text, or a pair of texts, in windows.

    Args:
        tokenizer: a fast one, which knows where tokens stood.
        texts: one or two; each a string, or all lists of words.
        max_tokens: of a window; None: everything in one.
        stride: how many tokens neighbours share.
        truncation: which of the texts is cut, e.g. `only_second`.
    """
    cut = {"truncation": truncation, "max_length": max_tokens, "stride": stride} if max_tokens else {}
    encoded = tokenizer(
        *texts,
        is_split_into_words=not isinstance(texts[0], str),
        return_overflowing_tokens=bool(max_tokens),
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
        return_attention_mask=True,
        verbose=False,
        **cut,
    )
    return [_window(encoded, index, bool(max_tokens)) for index in range(len(encoded.encodings))]


def _window(encoded: Any, index: int, in_windows: bool) -> Window:  # noqa: FBT001 - private
    names = [name for name in encoded if name not in _OF_WINDOWS]
    encoding = encoded.encodings[index]
    return Window(
        row={name: np.asarray(encoded[name][index] if in_windows else encoded[name]) for name in names},
        offsets=encoding.offsets,
        special=[bool(one) for one in encoding.special_tokens_mask],
        words=encoding.word_ids,
        texts=encoding.sequence_ids,
    )
