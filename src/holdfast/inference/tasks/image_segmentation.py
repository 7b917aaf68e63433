"""image-segmentation: which pixels belong to what. Masks are PNG files, white where something is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput, UnusableModel
from holdfast.inference.domain.kinds import Binary, Choice, Field, ListOf, Number, Record, Text
from holdfast.inference.domain.predictors import Item, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.checkpoints import Checkpoint
from holdfast.inference.runtime.images import ImageReader, decode_image, encode_mask, load_image_reader
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Arrays, Network, Output
from holdfast.inference.runtime.rows import Row, size_of

_SUBTASKS = ("panoptic", "instance", "semantic")
_OUTPUTS = ("logits", "pred_boxes", "pred_masks", "class_queries_logits", "masks_queries_logits")

SPEC = TaskSpec(
    name="image-segmentation",
    summary="Divides a picture into what it shows: a mask for each thing.",
    inputs=Binary("image"),
    parameters=Record(
        {
            "subtask": Field(
                Choice(_SUBTASKS), "Things and background, things, or kinds; without it, what the model can."
            ),
            "threshold": Field(Number(0, 1), "Leave out what is less certain; 0.9 without it."),
            "mask_threshold": Field(Number(0, 1), "How certain a pixel must be; 0.5 without it."),
            "overlap_mask_area_threshold": Field(
                Number(0, 1), "Leave out things of which less than this is visible; 0.5 without it."
            ),
        }
    ),
    output=ListOf(
        Record(
            {
                "label": Field(Text(), required=True),
                "mask": Field(Binary("image"), required=True),
                "score": Field(Number(), "Not for the subtask `semantic`."),
            }
        )
    ),
)


class ImageSegmentation(RowPredictor):
    """A segmenter; its own image processor makes masks of its outputs."""

    spec = SPEC

    def __init__(self, loaded: Loaded, reader: ImageReader) -> None:
        self.placement = loaded.placement
        self._reader = reader
        self._network = Network(loaded)
        self._labels = loaded.labels
        processor = reader.processor
        self._can = [name for name in _SUBTASKS if hasattr(processor, f"post_process_{name}_segmentation")]
        if not self._can:
            raise UnusableModel(problem=f"its image processor ({type(processor).__name__}) makes no masks")

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        subtask = parameters.get("subtask", self._can[0])
        if subtask not in self._can:
            known = ", ".join(self._can)
            raise InvalidInput(field="parameters.subtask", problem=f"is not what this model does; it does: {known}")
        image = decode_image(inputs, "inputs")
        row = self._reader.row(image)
        return Item(None, parameters, [row], size_of(row), notes=(subtask, (image.height, image.width)))

    def forward(self, rows: Sequence[Row]) -> Sequence[Arrays]:
        return self._network.forward(rows, _OUTPUTS)

    def finish(self, item: Item, results: Sequence[Arrays]) -> list[dict[str, Any]]:
        subtask, size = item.notes
        torch = need("torch")
        tensors = {name: torch.from_numpy(array[None]) for name, array in results[0].items()}
        output = Output(**tensors)
        make = getattr(self._reader.processor, f"post_process_{subtask}_segmentation")
        if subtask == "semantic":
            return self._kinds(make(output, target_sizes=[size])[0].numpy())
        thresholds = {
            "threshold": item.parameters.get("threshold", 0.9),
            "mask_threshold": item.parameters.get("mask_threshold", 0.5),
            "overlap_mask_area_threshold": item.parameters.get("overlap_mask_area_threshold", 0.5),
        }
        return self._things(make(output, target_sizes=[size], **thresholds)[0])

    def _kinds(self, classes: np.ndarray[Any, Any]) -> list[dict[str, Any]]:
        present = [int(kind) for kind in np.unique(classes) if 0 <= kind < len(self._labels)]
        return [{"label": self._labels[kind], "mask": encode_mask(classes == kind)} for kind in present]

    def _things(self, found: Mapping[str, Any]) -> list[dict[str, Any]]:
        places = found["segmentation"].numpy()
        things = [
            {
                "score": float(one["score"]),
                "label": self._labels[one["label_id"]],
                "mask": encode_mask(places == one["id"]),
            }
            for one in found["segments_info"]
        ]
        return sorted(things, key=lambda thing: -thing["score"])


def load(folder: Path, wish: Wish) -> ImageSegmentation:
    """Load a segmenter. See `tasks.load` for errors."""
    found = Checkpoint(folder).config().get("architectures") or [""]
    kind = next((name for name, auto in _CLASSES.items() if name in found[0]), "")
    return ImageSegmentation(load_model(folder, _CLASSES.get(kind, _USUAL), wish), load_image_reader(folder))


_USUAL = "AutoModelForSemanticSegmentation"
_CLASSES = {
    "ForUniversalSegmentation": "AutoModelForUniversalSegmentation",
    "MaskFormerForInstanceSegmentation": "AutoModelForInstanceSegmentation",
    "DetrForSegmentation": "AutoModelForImageSegmentation",
}
"""Auto classes by a part of the architecture's name."""
