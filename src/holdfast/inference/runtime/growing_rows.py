"""Rows that grow token by token: what was made, what of it may be shown, and whether it is done. No loop of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from holdfast.inference.domain.generation import Generated, Plan, Token
from holdfast.inference.domain.growing_text import GrowingText
from holdfast.inference.runtime.grammars import Follower


@dataclass(frozen=True)
class Vocabulary:
    """What a model's tokens mean.

    Args:
        tokenizer: reads them.
        ends: those that end a text.
        special: those that are none of a text's own.
    """

    tokenizer: Any
    ends: frozenset[int]
    special: frozenset[int]

    def decode(self, ids: Sequence[int]) -> str:
        """Tokens as text, special ones left out."""
        text: str = self.tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    def likeliest(self, logprobs_V: Any, count: int) -> tuple[tuple[int, str, float], ...]:
        """The likeliest tokens, with their texts and log-probabilities."""
        if not count:
            return ()
        found = logprobs_V.topk(min(count, len(logprobs_V)))
        pairs = zip(found.indices.tolist(), found.values.tolist(), strict=True)
        return tuple((token, self.tokenizer.decode([token]), logprob) for token, logprob in pairs)


@dataclass
class GrowingRow:
    """One row while it is generated.

    Args:
        plan: how.
        vocabulary: of the model.
        prompt: tokens before it; empty where a model reads them apart from what it writes.
        follower: of the plan's grammar.
    """

    plan: Plan
    vocabulary: Vocabulary
    prompt: Sequence[int]
    follower: Follower | None = None
    tokens: list[Token] = field(default_factory=list)
    finish_reason: str | None = None
    text: GrowingText = field(init=False)

    def __post_init__(self) -> None:
        self.text = GrowingText(self.vocabulary.decode, self.prompt, self.plan.stop)

    def take(self, token: int, logprobs_V: Any) -> Token:
        """The token that was chosen, with the model's own log-probabilities at this step (V: vocabulary)."""
        is_end = token in self.vocabulary.ends
        shown = "" if is_end else self.text.add(token)
        limit = len(self.tokens) + 1 >= self.plan.max_new_tokens
        self.finish_reason = (
            "eos_token" if is_end else "stop_sequence" if self.text.is_stopped else "length" if limit else None
        )
        shown += self.text.finish() if self.finish_reason else ""
        top = self.vocabulary.likeliest(logprobs_V, self.plan.top_tokens)
        made = Token(token, shown, float(logprobs_V[token]), token in self.vocabulary.special, top)
        self.tokens.append(made)
        return made

    def take_all(self, tokens: Sequence[int]) -> None:
        """Tokens that are known only at the end, as with beams, without log-probabilities."""
        ends = self.vocabulary.ends
        kept = tokens[: next((place for place, token in enumerate(tokens) if token in ends), len(tokens))]
        self.finish_reason = "eos_token" if len(kept) < len(tokens) else "length"
        shown = [self.text.add(token) for token in kept]
        rest = self.text.finish()
        shown = [*shown[:-1], shown[-1] + rest] if shown else []
        texts = zip(kept, shown, strict=True)
        self.tokens = [Token(token, text, 0.0, token in self.vocabulary.special) for token, text in texts]

    def allowed_by_grammar(self) -> Any:
        """Which tokens may come next: a flag for each number of the model's output; None: all of them."""
        if self.follower is None or self.finish_reason is not None:
            return None
        # The chosen token of the step before; at the first step there is none.
        self.follower.take([self.tokens[-1].id] if self.tokens else [])
        return self.follower.allowed()

    def result(self) -> Generated:
        """What was made until now."""
        return Generated(self.text.text, tuple(self.tokens), self.finish_reason or "length", len(self.prompt))
