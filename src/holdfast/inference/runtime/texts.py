"""Text in, rows out: tokenizers with their limits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import TooLarge
from holdfast.inference.runtime.loading import Loaded, load_tokenizer
from holdfast.inference.runtime.rows import Padding, Row

_NO_LIMIT = 1_000_000
"""Tokenizers without a limit claim one of 1e30."""
_POSITIONS_AFTER_PADDING = ("roberta", "xlm-roberta", "camembert", "longformer", "mpnet", "data2vec-text", "xmod")
"""These count positions from the one after the padding token's id. Source: transformers, models/roberta."""


@dataclass(frozen=True)
class TextReader:
    """A tokenizer, and how many tokens its model takes (None: any number)."""

    tokenizer: Any
    max_tokens: int | None

    @property
    def padding(self) -> Padding:
        """How this tokenizer's rows are padded."""
        values = {"input_ids": self.tokenizer.pad_token_id or 0, "token_type_ids": self.tokenizer.pad_token_type_id}
        return Padding(values, self.tokenizer.padding_side)

    def row(self, text: str, pair: str | None = None, *, name: str = "inputs", truncation: bool | str = False) -> Row:
        """Tokens of a text, or of a pair of texts.

        Args:
            text: the text.
            pair: the second text.
            name: the field it came from, for errors.
            truncation: False refuses what is too long; True or a strategy of the tokenizer cuts it.

        Raises:
            TooLarge: more tokens than the model takes.
        """
        options = {"truncation": truncation, "max_length": self.max_tokens} if truncation and self.max_tokens else {}
        encoded = self.tokenizer(text, pair, return_attention_mask=True, verbose=False, **options)
        self.check_length(len(encoded["input_ids"]), name)
        return as_row(encoded)

    def check_length(self, tokens: int, name: str = "inputs") -> None:
        """Refuse more tokens than the model takes.

        Raises:
            TooLarge: with the limit, and how many there are.
        """
        if self.max_tokens is not None and tokens > self.max_tokens:
            raise TooLarge(what=f"`{name}`, {tokens} tokens long,", limit=f"{self.max_tokens} tokens")


def as_row(encoded: Any) -> Row:
    """What a tokenizer or processor made of one input, as arrays without a batch dimension."""
    return {name: np.asarray(values) for name, values in encoded.items()}


def load_text_reader(folder: Path, loaded: Loaded) -> TextReader:
    """The tokenizer of a model's folder.

    Raises:
        UnusableModel: there is none.
    """
    tokenizer = load_tokenizer(folder)
    if tokenizer.pad_token_id is None and tokenizer.eos_token_id is not None:
        tokenizer.pad_token = tokenizer.eos_token
    config = loaded.config.get_text_config()
    if getattr(config, "pad_token_id", None) is None:
        config.pad_token_id = tokenizer.pad_token_id
    limits = [limit for limit in (tokenizer.model_max_length, _positions(config)) if limit and limit < _NO_LIMIT]
    return TextReader(tokenizer, int(min(limits)) if limits else None)


def _positions(config: Any) -> int | None:
    positions: int | None = getattr(config, "max_position_embeddings", None)
    if positions and config.model_type in _POSITIONS_AFTER_PADDING:
        return positions - int(config.pad_token_id) - 1
    return positions
