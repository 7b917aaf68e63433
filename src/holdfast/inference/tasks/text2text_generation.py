"""text2text-generation: a text from a text; what is asked for stands in the text itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from holdfast.inference.domain.kinds import Field, Record, Text
from holdfast.inference.domain.predictors import Wish
from holdfast.inference.domain.specification import Shape, TaskSpec
from holdfast.inference.runtime.text_to_text import TextToText, load_text_to_text, text_to_text_fields

SPEC = TaskSpec(
    name="text2text-generation",
    summary="Makes a text from a text, by an instruction in it.",
    inputs=Text(min_characters=1),
    parameters=Record(text_to_text_fields()),
    output=Record({"generated_text": Field(Text(), required=True)}),
    example="Answer the question: what colour is the sky on a clear day?",
    shape=Shape.LISTED,
)


class Text2TextGeneration(TextToText):
    """An encoder-decoder, given the text as it is."""

    spec = SPEC
    output_name = "generated_text"

    def steer(self, parameters: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:  # noqa: ARG002 - same for all
        return "", {}


def load(folder: Path, wish: Wish) -> Text2TextGeneration:
    """Load an encoder-decoder. See `tasks.load` for errors."""
    return Text2TextGeneration(load_text_to_text(folder, wish))
