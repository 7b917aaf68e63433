"""Keeps a model to a grammar: at each step, only tokens that can still lead to a right text may be chosen.

llguidance compiles grammars and computes the masks; it knows the tokenizer's bytes. Source: llguidance 1.9.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput
from holdfast.inference.runtime.libraries import need

_AS_MODELS_WRITE = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
"""Spaces as `json.dumps` puts them. Where any would do, small models write nothing but spaces."""


class GrammarReader:
    """Makes followers of grammars for one tokenizer.

    Args:
        tokenizer: a fast one.
        vocabulary_size: numbers in the model's output, which may be more than the tokenizer has tokens.
        ends: tokens that end a text.
    """

    def __init__(self, tokenizer: Any, vocabulary_size: int, ends: Collection[int]) -> None:
        self._tokenizer = tokenizer
        self._vocabulary_size = vocabulary_size
        self._ends = sorted(ends)

    @cached_property
    def _vocabulary(self) -> Any:
        # Takes up to a second for large vocabularies, so it is made once, and only if somebody asks for a grammar.
        make = need("llguidance.hf").from_tokenizer
        return make(self._tokenizer, n_vocab=self._vocabulary_size, eos_token=self._ends)

    def check(self, grammar: str, name: str) -> None:
        """See that a grammar can be followed.

        Raises:
            InvalidInput: it cannot, in llguidance's words.
        """
        if not self._tokenizer.is_fast or not self._ends:
            raise InvalidInput(field=name, problem="is not possible with this model's tokenizer")
        problem = need("llguidance").LLMatcher.validate_grammar(_compiled(grammar, name), self._vocabulary)
        if problem:
            raise InvalidInput(field=name, problem=f"cannot be followed: {problem[:300]}")

    def follower(self, grammar: str) -> Follower:
        """A follower at the beginning of a text; the grammar was checked."""
        return Follower(
            need("llguidance").LLMatcher(self._vocabulary, _compiled(grammar, "grammar")), self._vocabulary_size
        )


class Follower:
    """One text on its way through a grammar."""

    def __init__(self, matcher: Any, vocabulary_size: int) -> None:
        self._matcher = matcher
        self._size = vocabulary_size

    def take(self, tokens: Sequence[int]) -> None:
        """Tokens that were chosen."""
        for token in tokens:
            if not self._matcher.is_stopped():
                self._matcher.consume_token(token)

    def allowed(self) -> np.ndarray[Any, Any]:
        """Which tokens may come next: a flag for each number of the model's output."""
        masks = need("llguidance.numpy")
        bits = masks.allocate_token_bitmask(1, self._size)
        masks.fill_next_token_bitmask(self._matcher, bits, 0)
        flags: np.ndarray[Any, Any] = np.unpackbits(bits[0].view(np.uint8), bitorder="little")[: self._size].astype(
            bool
        )
        return flags


def _compiled(grammar: str, name: str) -> str:
    said = json.loads(grammar)
    matcher = need("llguidance").LLMatcher
    try:
        if "regex" in said:
            compiled: str = matcher.grammar_from_regex(said["regex"])
        else:
            compiled = matcher.grammar_from_json_schema(json.dumps(said["json_schema"]), defaults=_AS_MODELS_WRITE)
    except ValueError as error:
        raise InvalidInput(field=name, problem=f"cannot be followed: {error}") from None
    return compiled
