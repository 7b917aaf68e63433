"""What a model sees in a picture, drawn over the picture itself: boxes and masks. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from holdfast.ui.picture_sizes import read_picture

COLOURS = 6
"""How many kinds of things look different."""
MAX_PICTURE_CHARACTERS = 8_000_000
"""Of a picture as base64; larger ones are not sent back to the browser."""
_BEGINNING_CHARACTERS = 4_000_000
MAX_MASKS = 12
"""That are laid over a picture: more hide each other."""


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the picture, with what is in it; `colour` tells kinds apart, below `COLOURS`."""

    label: str
    score: str
    left: int
    top: int
    width: int
    height: int
    colour: int = 0


@dataclass(frozen=True)
class Shape:
    """A part of the picture: a mask, white where it is, as a `data:` url."""

    label: str
    address: str
    colour: int = 0


@dataclass(frozen=True)
class Scene:
    """A picture with what a model saw in it.

    Args:
        address: of the picture: a `data:` url.
        width: in pixels; `height` too.
        boxes: drawn over it.
        shapes: laid over it.
    """

    address: str
    width: int
    height: int
    boxes: tuple[Box, ...] = ()
    shapes: tuple[Shape, ...] = ()

    @property
    def text_size(self) -> float:
        """Of labels, in pixels of the picture: small in small pictures, and readable in large ones."""
        return max(self.width, self.height) / 28

    def ends_at_label(self, box: Box) -> bool:
        """Whether a box is so far right that its label must end at its right side."""
        return box.left > self.width * 0.6

    def label_place(self, box: Box) -> int:
        """Where a box's label begins, or ends (see `ends_at_label`), from the left."""
        return min(box.left + box.width, self.width) if self.ends_at_label(box) else max(box.left, 0)

    def label_height(self, box: Box) -> int:
        """Where a box's label stands from the top: within the picture, also for a box that begins outside."""
        return min(max(box.top, 0), max(0, self.height - round(1.2 * self.text_size)))

    @property
    def words(self) -> str:
        """What is to be seen, for those who cannot."""
        labels = [box.label for box in self.boxes] + [shape.label for shape in self.shapes]
        counted = [f"{labels.count(label)} × {label}" for label in dict.fromkeys(labels)]
        return "The picture with what the model found: " + ", ".join(counted)


def colour_of(label: str, labels: Sequence[str]) -> int:
    """Equal labels look alike, and different ones differ as long as there are colours."""
    return list(dict.fromkeys(labels)).index(label) % COLOURS


def scene_with_boxes(asked: Mapping[str, Any], found: Sequence[tuple[str, str, Mapping[str, int]]]) -> Scene | None:
    """The picture that was asked about, with boxes; None if there are none, or browsers cannot show it.

    Args:
        asked: the question's JSON.
        found: label, score in words, and sides (`xmin`, `ymin`, `xmax`, `ymax`) of each.
    """
    scene = _picture(asked)
    if scene is None or not found:
        return None
    labels = [label for label, _, _ in found]
    boxes = [_box(label, score, sides, colour_of(label, labels)) for label, score, sides in found]
    return replace(scene, boxes=tuple(boxes))


def scene_with_shapes(asked: Mapping[str, Any], found: Sequence[tuple[str, str]]) -> Scene | None:
    """The same with masks: label and address of each."""
    scene = _picture(asked)
    if scene is None or not found:
        return None
    labels = [label for label, _ in found]
    shapes = [Shape(label, address, colour_of(label, labels)) for label, address in found[:MAX_MASKS]]
    return replace(scene, shapes=tuple(shapes))


def _box(label: str, score: str, sides: Mapping[str, int], colour: int) -> Box:
    left, top = sides["xmin"], sides["ymin"]
    return Box(label, score, left, top, max(0, sides["xmax"] - left), max(0, sides["ymax"] - top), colour)


def _picture(asked: Mapping[str, Any]) -> Scene | None:
    inputs = asked.get("inputs")
    if not isinstance(inputs, str) or len(inputs) > MAX_PICTURE_CHARACTERS:
        return None
    found = read_picture(base64.b64decode(inputs[:_BEGINNING_CHARACTERS]))
    if found is None:
        return None
    return Scene(f"data:{found.media_type};base64,{inputs}", found.width, found.height)
