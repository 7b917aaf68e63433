"""text-classification: what a text is like (sentiment, topic, spam …), or how two texts relate.

By a network of transformers; or by a model of scikit-learn, alone or behind a sentence encoder (`runtime.text_heads`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.kinds import Choice, Either, Field, Flag, Record, Text
from holdfast.inference.domain.labels import CLASSIFICATION, SCORED_LABELS, scored_labels, usual_function
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import Shape, TaskSpec
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Arrays, Network
from holdfast.inference.runtime.rows import Row, size_of
from holdfast.inference.runtime.text_heads import TextHead, load_text_head, size_of_row
from holdfast.inference.runtime.text_pairs import joined, reads_pairs
from holdfast.inference.runtime.texts import TextReader, load_text_reader

_PAIR = Record({"text": Field(Text(), required=True), "text_pair": Field(Text())})

SPEC = TaskSpec(
    name="text-classification",
    summary="Gives a text labels with scores.",
    inputs=Either((Text(), _PAIR), "a string, or an object with `text` and `text_pair`"),
    parameters=Record(
        {
            **CLASSIFICATION.fields,
            "truncation": Field(Flag(), "Cut a text that is too long, instead of refusing it."),
            "truncation_direction": Field(Choice(("left", "right")), "Where to cut."),
        }
    ),
    output=SCORED_LABELS,
    example="I love this movie. The actors are great!",
    shape=Shape.NESTED,
)


class TextClassification(RowPredictor):
    """A sequence classifier and its tokenizer."""

    spec = SPEC

    def __init__(self, loaded: Loaded, reader: TextReader) -> None:
        self.placement = loaded.placement
        self._reader = reader
        self._network = Network(loaded, reader.padding)
        self._labels = loaded.labels
        self._function = usual_function(loaded.config.problem_type, len(self._labels))

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        pair = inputs if isinstance(inputs, Mapping) else {"text": inputs}
        cut = {"truncation": parameters.get("truncation", False), "side": parameters.get("truncation_direction")}
        row = self._reader.row(pair["text"], pair.get("text_pair"), **cut)
        return Item(inputs, parameters, [row], size_of(row))

    def forward(self, rows: Sequence[Row]) -> Sequence[Arrays]:
        return self._network.forward(rows)

    def finish(self, item: Item, results: Sequence[Arrays]) -> list[dict[str, Any]]:
        function = item.parameters.get("function_to_apply", self._function)
        return scored_labels(results[0]["logits"], self._labels, function, item.parameters.get("top_k"))


class HeadClassification(RowPredictor):
    """A model of scikit-learn for texts, or for the vectors of an encoder."""

    spec = SPEC

    def __init__(self, head: TextHead, *, reads_pairs: bool = False) -> None:
        self.placement = head.placement
        self._head, self._reads_pairs = head, reads_pairs
        self._function = usual_function(head.problem_type, len(head.labels))

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        side = parameters.get("truncation_direction", "right")
        row = self._head.row(self._one_text(inputs), truncation=parameters.get("truncation", False), side=side)
        return Item(inputs, parameters, [row], size_of_row(row))

    def _one_text(self, inputs: Any) -> str:
        if isinstance(inputs, str):
            return inputs
        if not inputs.get("text_pair"):
            return str(inputs["text"])
        if not self._reads_pairs:
            raise InvalidInput(field="inputs.text_pair", problem="is not possible: this model reads single texts")
        return joined(inputs["text"], inputs["text_pair"])

    def forward(self, rows: Sequence[Any]) -> Sequence[Any]:
        return list(self._head.logits(rows))

    def finish(self, item: Item, results: Sequence[Any]) -> list[dict[str, Any]]:
        function = item.parameters.get("function_to_apply", self._function)
        return scored_labels(results[0], self._head.labels, function, item.parameters.get("top_k"))


def load(folder: Path, wish: Wish) -> Predictor:
    """Load a classifier. See `tasks.load` for errors."""
    if any(folder.glob("*.skops")):
        return HeadClassification(load_text_head(folder, wish), reads_pairs=reads_pairs(folder))
    loaded = load_model(folder, "AutoModelForSequenceClassification", wish)
    return TextClassification(loaded, load_text_reader(folder, loaded))
