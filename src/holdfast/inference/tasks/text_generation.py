"""text-generation: how a text goes on.

Source: huggingface.js, tasks/text-generation/spec (text-generation-inference's API). Unlike there, texts in `stop` are
not part of the result, as with OpenAI's API. Without `temperature` and the like, the likeliest token is always taken.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.generation import GENERATION, Generated, Plan, Token, generation_options, refuse
from holdfast.inference.domain.grammars import grammar_of_parameter
from holdfast.inference.domain.kinds import Anything, Choice, Field, Flag, Integer, ListOf, Number, Record, Text
from holdfast.inference.domain.predictors import Item, StreamingPredictor, Wish
from holdfast.inference.domain.specification import Shape, TaskSpec
from holdfast.inference.runtime.causal import LanguageModel, load_language_model
from holdfast.inference.runtime.rows import Row, size_of

_USUAL_NEW_TOKENS = 100

_TOKEN = Record(
    {
        "id": Field(Integer(0), required=True),
        "text": Field(Text(), required=True),
        "logprob": Field(Number(), required=True),
        "special": Field(Flag(), required=True),
    }
)
_DETAILS = Record(
    {
        "finish_reason": Field(Choice(("length", "eos_token", "stop_sequence")), required=True),
        "generated_tokens": Field(Integer(0), required=True),
        "prefill": Field(ListOf(Anything()), required=True),
        "tokens": Field(ListOf(_TOKEN), required=True),
        "top_tokens": Field(ListOf(ListOf(_TOKEN))),
        "seed": Field(Integer(0)),
    }
)
_GRAMMAR = Record(
    {
        "type": Field(Choice(("json", "json_schema", "regex")), required=True),
        "value": Field(Anything(), "A JSON Schema, or a regular expression.", required=True),
    }
)

SPEC = TaskSpec(
    name="text-generation",
    summary="Goes on with a text.",
    inputs=Text(min_characters=1),
    parameters=Record(
        {
            **GENERATION.fields,
            "seed": Field(Integer(0, 2**63 - 1), "Makes draws repeatable."),
            "stop": Field(
                ListOf(Text(min_characters=1), max_items=16), "Texts that end it.", also_called=("stop_sequences",)
            ),
            "return_full_text": Field(Flag(), "Put the prompt before the result."),
            "details": Field(Flag(), "Give tokens with log-probabilities, and why it ended."),
            "top_n_tokens": Field(Integer(0, 20), "With details: the likeliest tokens at each step."),
            "truncate": Field(Integer(1), "Keep only so many of the prompt's last tokens."),
            "frequency_penalty": Field(Number(-2, 2), "Makes tokens less likely, each time they come."),
            "presence_penalty": Field(Number(-2, 2), "Makes tokens less likely, once they came."),
            "best_of": Field(Integer(1), "Only 1."),
            "decoder_input_details": Field(Flag(), "Only false."),
            "watermark": Field(Flag(), "Only false."),
            "adapter_id": Field(Text(), "Not supported."),
            "grammar": Field(_GRAMMAR, "What the text must look like."),
        }
    ),
    output=Record({"generated_text": Field(Text(), required=True), "details": Field(_DETAILS)}),
    example="My name is Julien and I like to",
    shape=Shape.LISTED,
    streams=True,
)
_UNSUPPORTED = ("best_of", "decoder_input_details", "watermark", "adapter_id")
_MEANS_SAMPLING = ("temperature", "top_p", "top_k", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff")


class TextGeneration(StreamingPredictor):
    """A decoder."""

    spec = SPEC

    def __init__(self, model: LanguageModel) -> None:
        self.placement = model.generator.loaded.placement
        self._model = model

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        refuse(parameters, *_UNSUPPORTED)
        row = self._row(inputs, parameters.get("truncate"))
        options = generation_options(parameters)
        options.setdefault("do_sample", any(name in options for name in _MEANS_SAMPLING))
        for name in ("stop", "grammar"):
            if parameters.get(name) and options.get("num_beams", 1) > 1:
                raise InvalidInput(field=f"parameters.{name}", problem="is not possible with num_beams")
        plan = Plan(
            options=options,
            max_new_tokens=self._new_tokens(row, options),
            stop=tuple(parameters.get("stop", ())),
            seed=parameters.get("seed"),
            top_tokens=parameters.get("top_n_tokens", 0),
            presence_penalty=parameters.get("presence_penalty", 0.0),
            frequency_penalty=parameters.get("frequency_penalty", 0.0),
            grammar=self._model.checked_grammar(
                grammar_of_parameter(parameters.get("grammar")), "parameters.grammar.value"
            ),
        )
        return Item(inputs, parameters, [row], size_of(row), plan.group, notes=plan)

    def _row(self, text: str, truncate: int | None) -> Row:
        reader = self._model.reader
        row = reader.row(text, truncation=truncate is not None, keep_tokens=truncate, side="left" if truncate else None)
        kept = {name: values for name, values in row.items() if name in ("input_ids", "attention_mask")}
        return self._model.check_prompt(kept, "inputs")

    def _new_tokens(self, row: Row, options: dict[str, Any]) -> int:
        asked = options.pop("max_new_tokens", None)
        length = options.pop("max_length", None)
        if asked is None and length is not None:
            asked = length - len(row["input_ids"])
            if asked < 1:
                raise InvalidInput(field="parameters.max_length", problem="is not more than the prompt's length")
        return self._model.room(row, asked or _USUAL_NEW_TOKENS, was_asked=asked is not None)

    def run(self, items: Sequence[Item]) -> list[Any]:
        found = self._model.generator.generate([item.rows[0] for item in items], [item.notes for item in items])
        return [self._output(item, generated) for item, generated in zip(items, found, strict=True)]

    def _output(self, item: Item, generated: Generated) -> dict[str, Any]:
        details = {"details": details_of(generated, item.parameters)} if item.parameters.get("details") else {}
        return {"generated_text": self._text(item, generated), **details}

    @staticmethod
    def _text(item: Item, generated: Generated) -> str:
        before: str = item.inputs if item.parameters.get("return_full_text") else ""
        return before + generated.text

    @property
    def batching(self) -> str:
        return self._model.generator.batching

    def joins(self, item: Item) -> bool:
        return self._model.generator.joins(item.notes)

    def has_room(self, item: Item) -> bool:
        return self._model.generator.has_room(item.rows, item.notes)

    def steps(self, item: Item) -> Generator[None, None, Any]:
        found = yield from self._model.generator.steps(item.rows, item.notes)
        return self._output(item, found[0])

    def pieces(self, item: Item) -> Generator[dict[str, Any] | None, None, None]:
        last: Token | None = None
        index = 0
        for piece in self._model.generator.stream(item.rows[0], item.notes):
            if piece is None:
                yield None
            if last is not None:
                end = piece if isinstance(piece, Generated) else None
                index += 1
                yield self._chunk(item, index, last, end)
            last = piece if isinstance(piece, Token) else None

    def _chunk(self, item: Item, index: int, token: Token, end: Generated | None) -> dict[str, Any]:
        chunk: dict[str, Any] = {"index": index, "token": token_of(token), "generated_text": None, "details": None}
        if token.top:
            chunk["top_tokens"] = top_tokens_of(token)
        if end is not None:
            chunk["generated_text"] = self._text(item, end)
            chunk["details"] = {
                "finish_reason": end.finish_reason,
                "generated_tokens": len(end.tokens),
                "input_length": end.prompt_tokens,
                "seed": item.parameters.get("seed"),
            }
        return chunk


def token_of(token: Token) -> dict[str, Any]:
    """A token as the specification has it."""
    return {"id": token.id, "text": token.text, "logprob": token.logprob, "special": token.special}


def top_tokens_of(token: Token) -> list[dict[str, Any]]:
    """The likeliest tokens at a step, as the specification has them."""
    return [{"id": other, "text": text, "logprob": logprob, "special": False} for other, text, logprob in token.top]


def details_of(generated: Generated, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """All about a generation, as the specification has it."""
    details: dict[str, Any] = {
        "finish_reason": generated.finish_reason,
        "generated_tokens": len(generated.tokens),
        "prefill": [],
        "tokens": [token_of(token) for token in generated.tokens],
    }
    if parameters.get("top_n_tokens"):
        details["top_tokens"] = [top_tokens_of(token) for token in generated.tokens]
    if "seed" in parameters:
        details["seed"] = parameters["seed"]
    return details


def load(folder: Path, wish: Wish) -> TextGeneration:
    """Load a decoder. See `tasks.load` for errors."""
    return TextGeneration(load_language_model(folder, wish))
