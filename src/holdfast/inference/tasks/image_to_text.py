"""image-to-text: what is to be seen in a picture, or to be read in it, as text."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

from holdfast.inference.domain.generation import generation_fields, generation_options
from holdfast.inference.domain.kinds import Binary, Field, Record, Text
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.specification import Shape, TaskSpec
from holdfast.inference.runtime.images import ImageReader, decode_image, load_image_reader
from holdfast.inference.runtime.networks import Network
from holdfast.inference.runtime.rows import Padding, batches, size_of, stack
from holdfast.inference.runtime.writing import Writer, load_writer

_USUAL_NEW_TOKENS = 50

SPEC = TaskSpec(
    name="image-to-text",
    summary="Describes a picture, or reads what is written in it.",
    inputs=Binary("image"),
    parameters=Record(generation_fields()),
    output=Record({"generated_text": Field(Text(), required=True)}),
    shape=Shape.LISTED,
)


class ImageToText(Predictor):
    """A captioning model (BLIP, GIT) or an encoder of pictures with a decoder of text (ViT-GPT2, TrOCR)."""

    spec = SPEC

    def __init__(self, writer: Writer, images: ImageReader) -> None:
        self.placement = writer.loaded.placement
        self._writer = writer
        self._images = images

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        row = self._images.row(decode_image(inputs, "inputs"))
        options = generation_options(parameters)
        group: Hashable = tuple(sorted(options.items()))
        return Item(None, parameters, [row], size_of(row), group, notes=options)

    def run(self, items: Sequence[Item]) -> list[Any]:
        rows = [item.rows[0] for item in items]
        options = dict(items[0].notes)
        asked = options.pop("max_new_tokens", None) or options.pop("max_length", None) or self._usual()
        outputs: dict[int, Any] = {}
        for indexes in batches(rows, max_size=1_000_000, max_rows=16):
            arrays = stack([rows[index] for index in indexes], Padding())
            tensors = Network(self._writer.loaded).tensors({"pixel_values": arrays["pixel_values"]})
            found = self._writer.write(tensors, options, asked)
            outputs |= zip(indexes, ({"generated_text": one.text.strip()} for one in found), strict=True)
        return [outputs[index] for index in range(len(rows))]

    def _usual(self) -> int | None:
        own = self._writer.loaded.model.generation_config
        return None if own.max_new_tokens or own.max_length else _USUAL_NEW_TOKENS


def load(folder: Path, wish: Wish) -> ImageToText:
    """Load a captioning model. See `tasks.load` for errors."""
    return ImageToText(load_writer(folder, "AutoModelForImageTextToText", wish), load_image_reader(folder))
