"""Encoder-decoder models that turn a text into another: what summarization, translation and text2text share.

Source: transformers 4.57, pipelines/text2text_generation.py, for `task_specific_params` and what takes precedence.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from holdfast.inference.domain.generation import GENERATION, Generated, Plan, generation_fields, generation_options
from holdfast.inference.domain.kinds import Choice, Field, Flag
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.runtime.estimators import PLACEMENT
from holdfast.inference.runtime.generation import Generator
from holdfast.inference.runtime.loading import load_model
from holdfast.inference.runtime.plain_texts import LeadingSentences
from holdfast.inference.runtime.rows import size_of
from holdfast.inference.runtime.texts import TextReader, load_text_reader

_USUAL_NEW_TOKENS = 128


def text_to_text_fields() -> dict[str, Field]:
    """Parameters that all these tasks have."""
    return {
        "clean_up_tokenization_spaces": Field(Flag(), "Take out spaces before punctuation."),
        "truncation": Field(
            Choice(("do_not_truncate", "longest_first", "only_first", "only_second")),
            "Cut a text that is too long, instead of refusing it.",
        ),
        **generation_fields(),
    }


@dataclass(frozen=True)
class TextToTextModel:
    """An encoder-decoder with its tokenizer.

    Args:
        generator: makes the tokens.
        reader: reads the text.
        task_parameters: by task, what the model's makers found best, and a `prefix` for the text.
    """

    generator: Generator
    reader: TextReader
    task_parameters: Mapping[str, Mapping[str, Any]]


class TextToText(Predictor):
    """A text in, a text out; subclasses say what is put before the text, and how the output is called."""

    output_name: ClassVar[str]

    def __init__(self, model: TextToTextModel) -> None:
        self.placement = model.generator.loaded.placement
        self.model = model

    @abstractmethod
    def steer(self, parameters: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """A prefix for the text, and options of the generation, for checked parameters.

        Raises:
            InvalidInput: the model cannot do what they ask.
        """

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        prefix, options = self.steer(parameters)
        truncation = parameters.get("truncation", "do_not_truncate")
        cut = False if truncation == "do_not_truncate" else truncation
        row = self.model.reader.row(prefix + inputs, truncation=cut)
        row = {name: values for name, values in row.items() if name != "token_type_ids"}
        options |= generation_options(parameters)
        plan = Plan(options=options, max_new_tokens=self._new_tokens(options))
        return Item(inputs, parameters, [row], size_of(row), plan.group, notes=plan)

    def _new_tokens(self, options: dict[str, Any]) -> int:
        own = self.model.generator.loaded.model.generation_config
        asked, length = options.pop("max_new_tokens", None), options.pop("max_length", None)
        chosen = asked or (length and length - 1) or own.max_new_tokens or (own.max_length and own.max_length - 1)
        return max(1, chosen or _USUAL_NEW_TOKENS)

    def run(self, items: Sequence[Item]) -> list[Any]:
        generator = self.model.generator
        plans = [item.notes for item in items]
        if plans[0].options.get("num_beams") is None:
            # The model's own number of beams must be known: beams are watched differently.
            beams = generator.loaded.model.generation_config.num_beams or 1
            plans = [Plan({**plan.options, "num_beams": beams}, plan.max_new_tokens) for plan in plans]
        found = generator.generate([item.rows[0] for item in items], plans)
        return [self._output(item, generated) for item, generated in zip(items, found, strict=True)]

    def _output(self, item: Item, generated: Generated) -> dict[str, Any]:
        ids = [token.id for token in generated.tokens]
        clean = item.parameters.get("clean_up_tokenization_spaces", False)
        tokenizer = self.model.reader.tokenizer
        text = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=clean)
        return {self.output_name: text}

    def task_options(self, task: str) -> tuple[str, dict[str, Any]]:
        """Prefix and options that the model's makers wrote down for a task."""
        own = self.model.task_parameters.get(task, {})
        return str(own.get("prefix", "")), {name: own[name] for name in GENERATION.fields if name in own}


class PlainTextToText(Predictor):
    """A text's own beginning as the output, by no network; parameters of generation change nothing."""

    output_name: ClassVar[str]

    def __init__(self, leading: LeadingSentences) -> None:
        self.placement = PLACEMENT
        self._leading = leading

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        return Item(inputs, parameters, [inputs], max(1, len(inputs) // 4))

    def run(self, items: Sequence[Item]) -> list[Any]:
        return [{self.output_name: self._leading.of(item.inputs)} for item in items]


def load_text_to_text(folder: Path, wish: Wish) -> TextToTextModel:
    """Load an encoder-decoder. Raises what `load_model` raises."""
    loaded = load_model(folder, "AutoModelForSeq2SeqLM", wish)
    reader = load_text_reader(folder, loaded)
    own = loaded.checkpoint.config().get("task_specific_params") or {}
    return TextToTextModel(Generator(loaded, reader.tokenizer), reader, own)
