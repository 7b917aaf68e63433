"""zero-shot-object-detection: where in a picture things are that you name (OWL-ViT, OWLv2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.base.errors import UnusableModel
from holdfast.inference.domain.boxes import BOXES, box_of
from holdfast.inference.domain.kinds import Binary, Field, Integer, ListOf, Number, Record, Text
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.images import ImageReader, decode_image, load_image_reader
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Network, Output
from holdfast.inference.runtime.rows import size_of, stack
from holdfast.inference.runtime.texts import TextReader, load_text_reader

SPEC = TaskSpec(
    name="zero-shot-object-detection",
    summary="Finds things that you name in a picture, each with its box.",
    inputs=Binary("image"),
    parameters=Record(
        {
            "candidate_labels": Field(
                ListOf(Text(min_characters=1), min_items=1, max_items=100), "What to look for.", required=True
            ),
            "threshold": Field(Number(0, 1), "Leave out what is less certain; 0.1 without it."),
            "top_k": Field(Integer(1), "How many of the most certain things to give; all without it."),
        }
    ),
    output=BOXES,
    example_parameters={"candidate_labels": ["a cat", "a remote control"]},
)


class ZeroShotObjectDetection(Predictor):
    """A detector that compares places of a picture with texts."""

    spec = SPEC

    def __init__(self, loaded: Loaded, reader: TextReader, images: ImageReader) -> None:
        self.placement = loaded.placement
        self._network = Network(loaded, reader.padding)
        self._reader = reader
        self._images = images

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        image = decode_image(inputs, "inputs")
        labels = parameters["candidate_labels"]
        texts = [self._reader.row(label, name=f"parameters.candidate_labels[{n}]") for n, label in enumerate(labels)]
        row = self._images.row(image)
        size = size_of(row) + sum(map(size_of, texts))
        return Item(None, parameters, [row, *texts], size, notes=(image.height, image.width))

    def run(self, items: Sequence[Item]) -> list[Any]:
        return [self._answer(item) for item in items]

    def _answer(self, item: Item) -> list[dict[str, Any]]:
        image, *texts = item.rows
        arrays = stack(texts, self._reader.padding) | {name: array[None] for name, array in image.items()}
        with need("torch").inference_mode():
            output = self._network.loaded.model(**self._network.tensors(arrays))
        found = sorted(self._things(item, output), key=lambda thing: -thing["score"])
        return found[: item.parameters.get("top_k")]

    def _things(self, item: Item, output: Any) -> Iterator[dict[str, Any]]:
        process = self._images.processor.post_process_object_detection
        boxes = output.pred_boxes.float().cpu()
        for index, label in enumerate(item.parameters["candidate_labels"]):
            one = Output(logits=output.logits[..., index : index + 1].float().cpu(), pred_boxes=boxes)
            found = process(one, threshold=item.parameters.get("threshold", 0.1), target_sizes=[item.notes])[0]
            for score, box in zip(found["scores"].tolist(), found["boxes"].tolist(), strict=True):
                yield {"score": score, "label": label, "box": box_of(box)}


def load(folder: Path, wish: Wish) -> ZeroShotObjectDetection:
    """Load a detector of anything. See `tasks.load` for errors."""
    loaded = load_model(folder, "AutoModelForZeroShotObjectDetection", wish)
    images = load_image_reader(folder)
    if "owl" not in loaded.config.model_type:
        raise UnusableModel(
            problem=f"of its kind only OWL-ViT and OWLv2 are known here, not {loaded.config.model_type}"
        )
    return ZeroShotObjectDetection(loaded, load_text_reader(folder, loaded), images)
