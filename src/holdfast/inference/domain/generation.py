"""How to generate: the parameters of callers, turned into one plan that many rows can share. No model library.

Source: huggingface.js, tasks/common-definitions.json (GenerationParameters); transformers 5.23, GenerationConfig.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.kinds import Anything, Choice, Either, Field, Flag, Integer, Number, Record

MAX_NEW_TOKENS = 100_000
MOST_SEEDS = 2**63

GENERATION = Record(
    {
        "do_sample": Field(Flag(), "Draw tokens by chance, instead of always taking the likeliest."),
        "temperature": Field(Number(0, 100), "How evenly tokens are drawn: small is sober, large is wild."),
        "top_k": Field(Integer(1), "Draw from so many of the likeliest tokens only."),
        "top_p": Field(Number(0, 1), "Draw from the likeliest tokens that make up this probability."),
        "min_p": Field(
            Number(0, 1), "Draw from tokens at least so likely, as a part of the likeliest one's probability."
        ),
        "typical_p": Field(Number(0, 1), "Draw from tokens of typical probability that make up this probability."),
        "epsilon_cutoff": Field(Number(0, 1), "Never draw tokens less likely than this."),
        "eta_cutoff": Field(Number(0, 1), "The same, less strict where nothing is certain."),
        "max_length": Field(Integer(1, MAX_NEW_TOKENS), "Most tokens of the text, the prompt included."),
        "max_new_tokens": Field(Integer(1, MAX_NEW_TOKENS), "Most tokens to make; goes before max_length."),
        "min_length": Field(Integer(0, MAX_NEW_TOKENS), "Fewest tokens of the text, the prompt included."),
        "min_new_tokens": Field(Integer(0, MAX_NEW_TOKENS), "Fewest tokens to make."),
        "early_stopping": Field(
            Either((Flag(), Choice(("never",))), "true, false or never"), "When a search with beams is done."
        ),
        "num_beams": Field(Integer(1, 64), "Follow so many beginnings at once, and give the best text."),
        "num_beam_groups": Field(Integer(1, 1), "Only 1: transformers 5 has no groups of beams any more."),
        "penalty_alpha": Field(Number(0, 0), "Only 0: transformers 5 has no contrastive search any more."),
        "use_cache": Field(Flag(), "Remember what was computed; slower without."),
        "repetition_penalty": Field(Number(0.01, 100), "Above 1, tokens that are there already become less likely."),
        "no_repeat_ngram_size": Field(Integer(0, 100), "Runs of so many tokens never come twice."),
        "length_penalty": Field(Number(-100, 100), "Above 0, beams prefer longer texts."),
    }
)
"""What may be said of any generation."""

_IGNORED = ("num_beam_groups", "penalty_alpha")
"""Their only allowed values mean: not at all."""

NESTED = ("generate_parameters", "generation_parameters", "generate_kwargs")
"""Where the tasks' specifications put these parameters, each in its own word."""


def generation_fields() -> dict[str, Field]:
    """Generation parameters as tasks take them: beside the others, or in an object of their own."""
    nested = {name: Field(Anything(), "The same parameters in an object of their own.") for name in NESTED}
    return {**GENERATION.fields, **nested}


def generation_options(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Options for transformers' generation from checked parameters.

    Raises:
        InvalidInput: something in the nested object is unknown or wrong.
    """
    options = {name: value for name, value in parameters.items() if name in GENERATION.fields}
    for place in NESTED:
        options |= GENERATION.parse(parameters.get(place) or {}, f"parameters.{place}")
    kept = {name: value for name, value in options.items() if name not in _IGNORED}
    if kept.get("temperature") == 0:
        kept.pop("temperature")
        kept["do_sample"] = False
    return kept


@dataclass(frozen=True)
class Plan:
    """How the tokens of some rows are chosen.

    Args:
        options: for transformers' GenerationConfig, beyond the model's own.
        max_new_tokens: most tokens to make.
        stop: texts that end the generation and are cut off.
        seed: of the draws; None: by chance.
        top_tokens: how many of the likeliest tokens to note at each step.
        presence_penalty: subtracted from tokens that were made already. Source: OpenAI's API reference.
        frequency_penalty: the same, for each time.
        grammar: what the text must look like, see `grammars`; empty: anything.
        biases: numbers of tokens with what is added to their logits. Source: OpenAI's API reference, `logit_bias`.
    """

    options: Mapping[str, Any]
    max_new_tokens: int
    stop: tuple[str, ...] = ()
    seed: int | None = None
    top_tokens: int = 0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    grammar: str = ""
    biases: tuple[tuple[int, float], ...] = ()

    @property
    def group(self) -> Hashable:
        """Rows with equal groups can be generated together; draws with a seed must not depend on neighbours."""
        alone = object() if self.seed is not None else None
        length = self.max_new_tokens if self.beams > 1 else None
        penalties = (self.presence_penalty, self.frequency_penalty, self.biases)
        return (tuple(sorted(self.options.items())), alone, length, self.top_tokens, penalties)

    def of_row(self, index: int) -> Plan:
        """The plan of one of a question's rows: with a seed each draws by chances of its own, and repeatably."""
        if self.seed is None or not index:
            return self
        return replace(self, seed=(self.seed + index) % MOST_SEEDS)

    @property
    def beams(self) -> int:
        return int(self.options.get("num_beams", 1))


@dataclass(frozen=True)
class Token:
    """One generated token; `text` is what became readable with it, which may be nothing."""

    id: int
    text: str
    logprob: float
    special: bool
    top: tuple[tuple[int, str, float], ...] = ()


@dataclass(frozen=True)
class Generated:
    """A finished generation; `finish_reason` is `length`, `eos_token` or `stop_sequence`."""

    text: str
    tokens: tuple[Token, ...]
    finish_reason: str
    prompt_tokens: int


def refuse(parameters: Mapping[str, Any], *names: str) -> None:
    """Say that a parameter of the specification is not supported, rather than doing without it silently.

    Raises:
        InvalidInput: one of them was given and asks for something.
    """
    for name in names:
        value = parameters.get(name)
        if value is True or value not in (None, False, 0, 1):
            raise InvalidInput(field=f"parameters.{name}", problem="is not supported here")
