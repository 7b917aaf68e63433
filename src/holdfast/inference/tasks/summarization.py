"""summarization: a long text in a few sentences."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from holdfast.inference.domain.kinds import Field, Record, Text
from holdfast.inference.domain.predictors import Predictor, Wish
from holdfast.inference.domain.specification import Shape, TaskSpec
from holdfast.inference.runtime.plain_texts import LEADING, is_plain, load_leading_sentences
from holdfast.inference.runtime.text_to_text import (
    PlainTextToText,
    TextToText,
    load_text_to_text,
    text_to_text_fields,
)

SPEC = TaskSpec(
    name="summarization",
    summary="Says a long text in a few sentences.",
    inputs=Text(min_characters=1),
    parameters=Record(text_to_text_fields()),
    output=Record({"summary_text": Field(Text(), required=True)}),
    example="The tower is 324 metres tall, about the same height as an 81-storey building, and the tallest in Paris.",
    shape=Shape.LISTED,
)


class Summarization(TextToText):
    """An encoder-decoder; T5 gets the prefix that its config names."""

    spec = SPEC
    output_name = "summary_text"

    def steer(self, parameters: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:  # noqa: ARG002 - same for all
        return self.task_options("summarization")


class PlainSummarization(PlainTextToText):
    """What a trained model has to beat."""

    spec = SPEC
    output_name = "summary_text"


def load(folder: Path, wish: Wish) -> Predictor:
    """Load an encoder-decoder. See `tasks.load` for errors."""
    if is_plain(folder, LEADING):
        return PlainSummarization(load_leading_sentences(folder))
    return Summarization(load_text_to_text(folder, wish))
