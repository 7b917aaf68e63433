"""image-feature-extraction: pictures as vectors. The public task pages have no schema for it.

Source: transformers 5.23, pipelines/image_feature_extraction.py, for `pool`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.kinds import Binary, Field, Flag, ListOf, Number, Record
from holdfast.inference.domain.pooling import normalized
from holdfast.inference.domain.predictors import Item, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.images import ImageReader, decode_image, load_image_reader
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Arrays, Network
from holdfast.inference.runtime.rows import Row, size_of

SPEC = TaskSpec(
    name="image-feature-extraction",
    summary="Turns a picture into vectors of numbers: one for each patch, or one for all.",
    inputs=Binary("image"),
    parameters=Record(
        {
            "pool": Field(Flag(), "Give one vector for the whole picture."),
            "normalize": Field(Flag(), "Give vectors of length one."),
        }
    ),
    output=ListOf(ListOf(Number())),
)


class ImageFeatureExtraction(RowPredictor):
    """The body of a vision model; of a model of pictures and texts, its half for pictures."""

    spec = SPEC

    def __init__(self, loaded: Loaded, reader: ImageReader) -> None:
        self.placement = loaded.placement
        self._reader = reader
        self._network = Network(loaded, call=getattr(loaded.model, "vision_model", None))
        self._can_pool = not loaded.lacks

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        if parameters.get("pool") and not self._can_pool:
            raise InvalidInput(field="parameters.pool", problem="is not possible: this model's weights have no pooling")
        row = self._reader.row(decode_image(inputs, "inputs"))
        return Item(None, parameters, [row], size_of(row))

    def forward(self, rows: Sequence[Row]) -> Sequence[Arrays]:
        return self._network.forward(rows, ("last_hidden_state", "pooler_output"))

    def finish(self, item: Item, results: Sequence[Arrays]) -> list[list[float]]:
        vectors = self._vectors(results[0], pool=item.parameters.get("pool", False))
        found: list[list[float]] = (normalized(vectors) if item.parameters.get("normalize") else vectors).tolist()
        return found

    @staticmethod
    def _vectors(result: Arrays, *, pool: bool) -> np.ndarray[Any, Any]:
        if not pool:
            whole = result["last_hidden_state"]
            # Convolutional networks give channels × height × width: a vector for each place is what others give.
            return whole if whole.ndim == 2 else whole.reshape(whole.shape[0], -1).T
        if "pooler_output" not in result:
            raise InvalidInput(field="parameters.pool", problem="is not possible: this model has no pooling")
        return result["pooler_output"].reshape(1, -1)


def load(folder: Path, wish: Wish) -> ImageFeatureExtraction:
    """Load a vision model. See `tasks.load` for errors."""
    loaded = load_model(folder, "AutoModel", wish, spare=("pooler",))
    return ImageFeatureExtraction(loaded, load_image_reader(folder))
