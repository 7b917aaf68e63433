"""text-ranking: which texts answer a query best. Cross-encoders, which read the query together with each text.

The public task pages have no schema for it. Source: text-embeddings-inference, /rerank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.base.errors import UnusableModel
from holdfast.inference.domain.kinds import Choice, Field, Flag, Integer, ListOf, Number, Record, Text
from holdfast.inference.domain.labels import sigmoid
from holdfast.inference.domain.predictors import Item, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Arrays, Network
from holdfast.inference.runtime.rows import Row, size_of
from holdfast.inference.runtime.texts import TextReader, load_text_reader

SPEC = TaskSpec(
    name="text-ranking",
    summary="Orders texts by how well they answer a query.",
    inputs=Record(
        {
            "query": Field(Text(), "What is asked.", required=True, also_called=("source_sentence",)),
            "texts": Field(
                ListOf(Text(), min_items=1, max_items=1_000),
                "The texts to order.",
                required=True,
                also_called=("sentences", "documents"),
            ),
        }
    ),
    parameters=Record(
        {
            "top_k": Field(Integer(1), "How many of the best texts to give; all without it."),
            "raw_scores": Field(Flag(), "Give the model's outputs, instead of scores between 0 and 1."),
            "return_text": Field(Flag(), "Repeat each text beside its score."),
            "truncate": Field(Flag(), "Cut what is too long, instead of refusing it."),
            "truncation_direction": Field(Choice(("left", "right")), "Where to cut."),
        }
    ),
    output=ListOf(
        Record(
            {
                "index": Field(Integer(0), required=True),
                "score": Field(Number(), required=True),
                "text": Field(Text()),
            }
        )
    ),
    example={
        "query": "What is deep learning?",
        "texts": ["Deep learning is a kind of machine learning.", "A cat sat."],
    },
)


class TextRanking(RowPredictor):
    """A cross-encoder: a sequence classifier with one output."""

    spec = SPEC

    def __init__(self, loaded: Loaded, reader: TextReader) -> None:
        self.placement = loaded.placement
        self._reader = reader
        self._network = Network(loaded, reader.padding)

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        cut = "longest_first" if parameters.get("truncate") else False
        side = parameters.get("truncation_direction")
        rows = [
            self._reader.row(inputs["query"], text, name=f"inputs.texts[{index}]", truncation=cut, side=side)
            for index, text in enumerate(inputs["texts"])
        ]
        return Item(inputs, parameters, rows, sum(map(size_of, rows)))

    def forward(self, rows: Sequence[Row]) -> Sequence[Arrays]:
        return self._network.forward(rows)

    def finish(self, item: Item, results: Sequence[Arrays]) -> list[dict[str, Any]]:
        raw = [result["logits"][0] for result in results]
        scores = [float(value if item.parameters.get("raw_scores") else sigmoid(value)) for value in raw]
        order = sorted(range(len(scores)), key=lambda index: -raw[index])[: item.parameters.get("top_k")]
        texts = item.inputs["texts"] if item.parameters.get("return_text") else None
        return [{"index": index, "score": scores[index]} | ({"text": texts[index]} if texts else {}) for index in order]


def load(folder: Path, wish: Wish) -> TextRanking:
    """Load a cross-encoder. See `tasks.load` for errors."""
    loaded = load_model(folder, "AutoModelForSequenceClassification", wish)
    if loaded.config.num_labels != 1:
        raise UnusableModel(problem=f"a cross-encoder has one output; this model has {loaded.config.num_labels} labels")
    return TextRanking(loaded, load_text_reader(folder, loaded))
