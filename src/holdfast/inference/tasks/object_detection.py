"""object-detection: which things are where in a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.inference.domain.boxes import BOXES, box_of
from holdfast.inference.domain.kinds import Binary, Field, Number, Record
from holdfast.inference.domain.predictors import Item, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.images import ImageReader, decode_image, load_image_reader
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Arrays, Network, Output
from holdfast.inference.runtime.rows import Row, size_of

SPEC = TaskSpec(
    name="object-detection",
    summary="Finds things in a picture, each with its box.",
    inputs=Binary("image"),
    parameters=Record({"threshold": Field(Number(0, 1), "Leave out what is less certain; 0.5 without it.")}),
    output=BOXES,
)


class ObjectDetection(RowPredictor):
    """A detector (DETR, YOLOS …); its own image processor knows how boxes are written."""

    spec = SPEC

    def __init__(self, loaded: Loaded, reader: ImageReader) -> None:
        self.placement = loaded.placement
        self._reader = reader
        self._network = Network(loaded)
        self._labels = loaded.labels

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        image = decode_image(inputs, "inputs")
        row = self._reader.row(image)
        return Item(None, parameters, [row], size_of(row), notes=(image.height, image.width))

    def forward(self, rows: Sequence[Row]) -> Sequence[Arrays]:
        return self._network.forward(rows, ("logits", "pred_boxes"))

    def finish(self, item: Item, results: Sequence[Arrays]) -> list[dict[str, Any]]:
        torch = need("torch")
        output = Output(**{name: torch.from_numpy(array[None]) for name, array in results[0].items()})
        threshold = item.parameters.get("threshold", 0.5)
        found = self._reader.processor.post_process_object_detection(output, threshold, [item.notes])[0]
        things = zip(found["scores"].tolist(), found["labels"].tolist(), found["boxes"].tolist(), strict=True)
        ordered = sorted(things, key=lambda thing: -thing[0])
        return [{"score": score, "label": self._labels[label], "box": box_of(box)} for score, label, box in ordered]


def load(folder: Path, wish: Wish) -> ObjectDetection:
    """Load a detector. See `tasks.load` for errors."""
    loaded = load_model(folder, "AutoModelForObjectDetection", wish)
    return ObjectDetection(loaded, load_image_reader(folder))
