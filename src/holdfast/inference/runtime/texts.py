"""Text in, rows out: tokenizers with their limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput, TooLarge, UnusableModel
from holdfast.inference.runtime.loading import Loaded, load_tokenizer
from holdfast.inference.runtime.rows import Padding, Row

_SOUNDS = ("input_features", "input_values")
_NO_LIMIT = 1_000_000
"""Tokenizers without a limit claim one of 1e30."""
_POSITIONS_AFTER_PADDING = (
    "roberta",
    "xlm-roberta",
    "camembert",
    "longformer",
    "mpnet",
    "data2vec-text",
    "xmod",
    "layoutlmv3",
)
"""These count positions from the one after the padding token's id. Source: transformers, models/roberta."""


@dataclass(frozen=True)
class TextReader:
    """A tokenizer, and how many tokens its model takes (None: any number).

    A fast tokenizer keeps the truncation of the last call as its state, so calls that cut take turns: `turn`.
    """

    tokenizer: Any
    max_tokens: int | None
    turn: Lock = field(default_factory=Lock, compare=False, repr=False)

    @property
    def padding(self) -> Padding:
        """How this tokenizer's rows are padded."""
        values = {"input_ids": self.tokenizer.pad_token_id or 0, "token_type_ids": self.tokenizer.pad_token_type_id}
        return Padding(values, self.tokenizer.padding_side)

    def row(
        self,
        text: str,
        pair: str | None = None,
        *,
        name: str = "inputs",
        truncation: bool | str = False,
        keep_tokens: int | None = None,
        side: str | None = None,
    ) -> Row:
        """Tokens of a text, or of a pair of texts.

        Args:
            text: the text.
            pair: the second text.
            name: the field it came from, for errors.
            truncation: False refuses what is too long; True or a strategy of the tokenizer cuts it.
            keep_tokens: cut down to so many, if the model takes as many.
            side: where to cut, `left` or `right`; None: as the model's makers chose.

        Raises:
            InvalidInput: no token at all.
            TooLarge: more tokens than the model takes.
        """
        limits = [limit for limit in (keep_tokens, self.max_tokens) if limit is not None]
        options = {"truncation": truncation, "max_length": min(limits)} if truncation and limits else {}
        with self.turn:
            own_side = self.tokenizer.truncation_side
            self.tokenizer.truncation_side = side or own_side
            encoded = self.tokenizer(text, pair, return_attention_mask=True, verbose=False, **options)
            self.tokenizer.truncation_side = own_side
        if not len(encoded["input_ids"]):
            raise InvalidInput(field=name, problem="holds nothing that this model's tokenizer can read")
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


def load_text_reader(folder: Path, loaded: Loaded, loader: str = "AutoTokenizer") -> TextReader:
    """The tokenizer of a model's folder; `loader` as in `load_tokenizer`.

    Raises:
        UnusableModel: there is none, or the model hears sounds and reads no texts.
    """
    if loaded.model.main_input_name in _SOUNDS:
        raise UnusableModel(problem=f"({loaded.config.model_type}) it hears sounds, and reads no texts")
    tokenizer = load_tokenizer(folder, loader)
    if tokenizer.pad_token_id is None and tokenizer.eos_token_id is not None:
        tokenizer.pad_token = tokenizer.eos_token
    config = loaded.config.get_text_config()
    if getattr(config, "pad_token_id", None) is None:
        config.pad_token_id = tokenizer.pad_token_id
    limits = [limit for limit in (tokenizer.model_max_length, _positions(config)) if limit and limit < _NO_LIMIT]
    return TextReader(tokenizer, int(min(limits)) if limits else None)


def _positions(config: Any) -> int | None:
    positions: int | None = getattr(config, "max_position_embeddings", None) or getattr(
        config, "max_target_positions", None
    )
    if positions and config.model_type in _POSITIONS_AFTER_PADDING:
        return positions - int(config.pad_token_id) - 1
    return positions
