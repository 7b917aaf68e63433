"""feature-extraction: texts as vectors, for search, clustering and comparison.

A sentence encoder gives one vector per text: `[[…]]` for one text, `[[…], […]]` for a list. A plain transformer gives
one per token: `[[…], [[…]…` for a list adds a level. `normalize` is, without being asked, what the model was made for.
Source: huggingface.js, tasks/feature-extraction/spec; text-embeddings-inference, /embed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.kinds import Choice, Either, Field, Flag, Integer, ListOf, Number, Record, Text
from holdfast.inference.domain.pooling import normalized
from holdfast.inference.domain.predictors import Item, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.rows import Row, size_of
from holdfast.inference.runtime.sentences import SentenceEncoder, load_sentence_encoder

_VECTORS = ListOf(ListOf(Number()))

SPEC = TaskSpec(
    name="feature-extraction",
    summary="Turns texts into vectors of numbers.",
    inputs=Either((Text(), ListOf(Text(), min_items=1)), "a string or a list of strings"),
    parameters=Record(
        {
            "normalize": Field(Flag(), "Give vectors of length one."),
            "prompt_name": Field(Text(), "Which of the model's prompts to put before the text."),
            "truncate": Field(Flag(), "Cut a text that is too long, instead of refusing it."),
            "truncation_direction": Field(Choice(("left", "right")), "Where to cut."),
            "dimensions": Field(Integer(1), "Keep only so many numbers of each vector."),
            "encoding_format": Field(Choice(("float",)), "How numbers are written."),
        }
    ),
    output=Either((_VECTORS, ListOf(_VECTORS)), "vectors"),
    example="Today is a sunny day and I will get some ice cream.",
    batches=False,
)


class FeatureExtraction(RowPredictor):
    """A sentence encoder."""

    spec = SPEC

    def __init__(self, encoder: SentenceEncoder) -> None:
        self.placement = encoder.loaded.placement
        self._encoder = encoder

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        self._check_dimensions(parameters.get("dimensions", 1))
        texts = [inputs] if isinstance(inputs, str) else inputs
        names = ["inputs"] if isinstance(inputs, str) else [f"inputs[{index}]" for index in range(len(texts))]
        rows = [self._encoder.row(text, parameters, name) for text, name in zip(texts, names, strict=True)]
        return Item(inputs, parameters, rows, sum(map(size_of, rows)))

    def _check_dimensions(self, wanted: int) -> None:
        most = self._encoder.dimensions
        if most is not None and wanted > most:
            problem = f"must be at most {most}: this model's vectors have no more"
            raise InvalidInput(field="parameters.dimensions", problem=problem)

    def forward(self, rows: Sequence[Row]) -> Sequence[np.ndarray[Any, Any]]:
        return self._encoder.vectors(rows)

    def finish(self, item: Item, results: Sequence[np.ndarray[Any, Any]]) -> list[Any]:
        vectors = [self._shaped(result, item.parameters).tolist() for result in results]
        one_per_token = results[0].ndim > 1
        found: list[Any] = vectors[0] if one_per_token and isinstance(item.inputs, str) else vectors
        return found

    def _shaped(self, vectors: np.ndarray[Any, Any], parameters: Mapping[str, Any]) -> np.ndarray[Any, Any]:
        kept = vectors[..., : parameters.get("dimensions")]
        wanted = parameters.get("normalize", self._encoder.head.normalizes)
        return normalized(kept) if wanted else kept


def load(folder: Path, wish: Wish) -> FeatureExtraction:
    """Load an encoder. See `tasks.load` for errors."""
    return FeatureExtraction(load_sentence_encoder(folder, wish))
