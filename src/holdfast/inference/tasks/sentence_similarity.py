"""sentence-similarity: how near in meaning sentences are to one, as cosines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.inference.domain.kinds import Choice, Field, Flag, ListOf, Number, Record, Text
from holdfast.inference.domain.pooling import normalized, pool
from holdfast.inference.domain.predictors import Item, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.rows import Row, size_of
from holdfast.inference.runtime.sentences import SentenceEncoder, load_sentence_encoder

SPEC = TaskSpec(
    name="sentence-similarity",
    summary="Compares sentences with one other: a number for each, 1 for the same meaning.",
    inputs=Record(
        {
            "source_sentence": Field(Text(), "The sentence to compare with.", required=True),
            "sentences": Field(ListOf(Text(), min_items=1), "The sentences to compare.", required=True),
        }
    ),
    parameters=Record(
        {
            "truncate": Field(Flag(), "Cut a sentence that is too long, instead of refusing it."),
            "truncation_direction": Field(Choice(("left", "right")), "Where to cut."),
        }
    ),
    output=ListOf(Number()),
    example={
        "source_sentence": "That is a happy person",
        "sentences": ["That is a very happy person", "Today is a sunny day"],
    },
)


class SentenceSimilarity(RowPredictor):
    """A sentence encoder; the first row is the source. A plain transformer's tokens are averaged."""

    spec = SPEC

    def __init__(self, encoder: SentenceEncoder) -> None:
        self.placement = encoder.loaded.placement
        self._encoder = encoder

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        texts = {"inputs.source_sentence": inputs["source_sentence"]}
        texts |= {f"inputs.sentences[{index}]": text for index, text in enumerate(inputs["sentences"])}
        rows = [self._encoder.row(text, parameters, name) for name, text in texts.items()]
        return Item(inputs, parameters, rows, sum(map(size_of, rows)))

    def forward(self, rows: Sequence[Row]) -> Sequence[np.ndarray[Any, Any]]:
        return self._encoder.vectors(rows)

    def finish(self, item: Item, results: Sequence[np.ndarray[Any, Any]]) -> list[float]:  # noqa: ARG002
        pooled = [pool(result, "mean") if result.ndim > 1 else result for result in results]
        vectors = normalized(np.stack(pooled).astype(np.float64))
        cosines: list[float] = (vectors[1:] @ vectors[0]).tolist()
        return cosines


def load(folder: Path, wish: Wish) -> SentenceSimilarity:
    """Load an encoder. See `tasks.load` for errors."""
    return SentenceSimilarity(load_sentence_encoder(folder, wish))
