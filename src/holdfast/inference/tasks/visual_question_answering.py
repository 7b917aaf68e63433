"""visual-question-answering: questions about pictures.

Models that choose among answers they know (ViLT) give several with scores; models that write (BLIP) give one, with the
probability of its tokens. Source: transformers 4.57, pipelines/visual_question_answering.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.inference.domain.kinds import Binary, Field, Integer, ListOf, Number, Record, Text
from holdfast.inference.domain.labels import scored_labels
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.images import ImageReader, decode_image, load_image_reader
from holdfast.inference.runtime.loading import load_model
from holdfast.inference.runtime.networks import Arrays, Network
from holdfast.inference.runtime.rows import Row, size_of, stack
from holdfast.inference.runtime.texts import TextReader, load_text_reader
from holdfast.inference.runtime.writing import Writer

SPEC = TaskSpec(
    name="visual-question-answering",
    summary="Answers a question about a picture.",
    inputs=Record(
        {
            "image": Field(Binary("image"), "The picture.", required=True),
            "question": Field(Text(min_characters=1), "What is asked.", required=True),
        }
    ),
    parameters=Record({"top_k": Field(Integer(1, 1_000), "How many answers; 5 without it.")}),
    output=ListOf(Record({"answer": Field(Text(), required=True), "score": Field(Number(), required=True)})),
)
_MAX_ANSWER_TOKENS = 32


def _row(images: ImageReader, reader: TextReader, inputs: Mapping[str, Any]) -> Row:
    picture = images.row(decode_image(inputs["image"], "inputs.image"))
    return {**picture, **reader.row(inputs["question"], name="inputs.question")}


class ChoosingAnswers(RowPredictor):
    """A classifier of pictures with questions; its labels are answers."""

    spec = SPEC

    def __init__(self, network: Network, reader: TextReader, images: ImageReader) -> None:
        self.placement = network.loaded.placement
        self._network, self._reader, self._images = network, reader, images
        self._labels = network.loaded.labels

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        row = _row(self._images, self._reader, inputs)
        return Item(None, parameters, [row], size_of(row))

    def forward(self, rows: Sequence[Row]) -> Sequence[Arrays]:
        return self._network.forward(rows)

    def finish(self, item: Item, results: Sequence[Arrays]) -> list[dict[str, Any]]:
        top_k = item.parameters.get("top_k", 5)
        found = scored_labels(results[0]["logits"], self._labels, "sigmoid", top_k)
        return [{"answer": one["label"], "score": one["score"]} for one in found]


class WritingAnswers(Predictor):
    """A model that writes its answer."""

    spec = SPEC

    def __init__(self, network: Network, reader: TextReader, images: ImageReader) -> None:
        self.placement = network.loaded.placement
        self._network, self._reader, self._images = network, reader, images
        self._writer = Writer(network.loaded, reader.tokenizer)

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        row = _row(self._images, self._reader, inputs)
        return Item(None, parameters, [row], size_of(row))

    def run(self, items: Sequence[Item]) -> list[Any]:
        return [self._answer(item.rows[0]) for item in items]

    def _answer(self, row: Row) -> list[dict[str, Any]]:
        known = {name: values for name, values in row.items() if name != "token_type_ids"}
        tensors = self._network.tensors(stack([known], self._network.padding))
        written = self._writer.write(tensors, {"num_beams": 1, "do_sample": False}, _MAX_ANSWER_TOKENS)[0]
        return [{"answer": written.text.strip(), "score": written.probability}]


def load(folder: Path, wish: Wish) -> Predictor:
    """Load a model that answers questions about pictures. See `tasks.load` for errors."""
    loaded = load_model(folder, "AutoModelForVisualQuestionAnswering", wish)
    reader = load_text_reader(folder, loaded)
    kind = ChoosingAnswers if "vilt" in loaded.config.model_type else WritingAnswers
    return kind(Network(loaded, reader.padding), reader, load_image_reader(folder))
