"""depth-estimation: how far away everything in a picture is, as numbers and as a picture (white is the largest number).

What a number means, metres or only more and less, near or far, is the model's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.inference.domain.kinds import Binary, Field, ListOf, Number, Record
from holdfast.inference.domain.predictors import Item, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.images import ImageReader, decode_image, encode_gray, load_image_reader
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Arrays, Network, Output
from holdfast.inference.runtime.rows import Row, size_of

SPEC = TaskSpec(
    name="depth-estimation",
    summary="Estimates how far away everything in a picture is.",
    inputs=Binary("image"),
    output=Record(
        {
            "predicted_depth": Field(ListOf(ListOf(Number())), "A number for each pixel, by rows.", required=True),
            "depth": Field(Binary("image"), "The same as a PNG file.", required=True),
        }
    ),
)


class DepthEstimation(RowPredictor):
    """A depth estimator; its own image processor brings depths to the picture's size."""

    spec = SPEC

    def __init__(self, loaded: Loaded, reader: ImageReader) -> None:
        self.placement = loaded.placement
        self._reader = reader
        self._network = Network(loaded)

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        image = decode_image(inputs, "inputs")
        row = self._reader.row(image)
        return Item(None, parameters, [row], size_of(row), notes=(image.height, image.width))

    def forward(self, rows: Sequence[Row]) -> Sequence[Arrays]:
        return self._network.forward(rows, ("predicted_depth",))

    def finish(self, item: Item, results: Sequence[Arrays]) -> dict[str, Any]:
        output = Output(predicted_depth=need("torch").from_numpy(results[0]["predicted_depth"][None]))
        found = self._reader.processor.post_process_depth_estimation(output, [item.notes])[0]
        depths = found["predicted_depth"].numpy()
        return {"predicted_depth": depths.tolist(), "depth": encode_gray(spread(depths))}


def spread(depths: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Depths as whole numbers from 0 to 255; all 0 where they are all the same."""
    width = depths.max() - depths.min()
    scaled = (depths - depths.min()) / width if width else np.zeros_like(depths)
    return np.asarray((scaled * 255).astype(np.uint8))


def load(folder: Path, wish: Wish) -> DepthEstimation:
    """Load a depth estimator. See `tasks.load` for errors."""
    loaded = load_model(folder, "AutoModelForDepthEstimation", wish)
    return DepthEstimation(loaded, load_image_reader(folder))
