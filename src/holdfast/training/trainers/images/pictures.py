"""Pictures of a run, decoded once, and how they are varied while a network learns from them.

Dimensions: N pictures, B of a batch, H × W pixels, C channels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.inference.runtime.images import decode_image
from holdfast.inference.runtime.libraries import need
from holdfast.training.domain.data import TrainingData
from holdfast.training.learning.holdout import labels_of, truth_of

Array = np.ndarray[Any, Any]
_LARGEST, _SMALLEST = 64, 32


@dataclass(frozen=True)
class Pictures:
    """Pictures with the numbers of their labels.

    Args:
        files: bytes of each picture's file.
        truth_N: number of each one's label.
        labels: their names.
        size: pixels on each side, for networks from nothing: what the pictures have, between 32 and 64.
    """

    files: Sequence[bytes]
    truth_N: Array  # noqa: N815 - dimensions in the name
    labels: tuple[str, ...]
    size: int

    def image(self, index: int) -> Any:
        """One picture as Pillow has it, upright, in RGB."""
        return decode_image(self.files[index], "image")

    @cached_property
    def levels_NHWC(self) -> Array:  # noqa: N802
        """All of them in one size, as levels from 0 to 255."""
        bilinear = need("PIL.Image").Resampling.BILINEAR
        size = (self.size, self.size)
        return np.stack([np.asarray(self.image(i).resize(size, bilinear)) for i in range(len(self.files))])

    def tensor(self, rows: Array) -> Any:
        """Some of them as the model's image processor gives them: between -1 and 1."""
        levels = need("torch").from_numpy(self.levels_NHWC[rows].transpose(0, 3, 1, 2))
        return levels.float() / 127.5 - 1

    def vary(self, tensor: Any, draw: Any, parameters: Mapping[str, Any]) -> Any:
        """Pictures moved, turned, enlarged and lit a little differently; see `varied`."""
        return varied(tensor, draw, mirror=bool(parameters.get("mirror")))


def files_of(data: TrainingData) -> list[bytes]:
    """The files of the pictures to search on."""
    return [_file_bytes(value) for value in data.train[data.columns["image"]]]


def read_pictures(data: TrainingData, files: Sequence[bytes]) -> Pictures:
    """The pictures to search on.

    Args:
        data: with their labels.
        files: one for each training row.

    Raises:
        InvalidInput: one is no picture; says which row.
    """
    return Pictures(files, truth_of(data), labels_of(data), _usual_size(files))


def _file_bytes(value: Any) -> bytes:
    """Datasets of the Hub have pictures as records with their bytes."""
    found = value.get("bytes") if isinstance(value, Mapping) else value
    return bytes(found) if isinstance(found, (bytes, bytearray, memoryview)) else b""


def _usual_size(files: Sequence[bytes]) -> int:
    sides = []
    for row in np.linspace(0, len(files) - 1, min(50, len(files))).astype(int):
        try:
            sides.append(min(decode_image(files[row], "image").size))
        except (InvalidInput, TooLarge) as error:
            raise InvalidInput(
                field="data", problem=f"has no usable picture in row {row + 1}: {error.message}"
            ) from None
    return int(np.clip(np.median(sides) // 16 * 16, _SMALLEST, _LARGEST))


def varied(levels_BCHW: Any, draw: Any, *, mirror: bool) -> Any:  # noqa: N803
    """Pictures moved, turned, enlarged and lit a little differently, each in its own way.

    Args:
        levels_BCHW: a float tensor.
        draw: torch's generator.
        mirror: also left and right exchanged, every second time; wrong for letters and digits.
    """
    torch = need("torch")
    count = len(levels_BCHW)

    def between(low: float, high: float) -> Any:
        return low + (high - low) * torch.rand(count, generator=draw)

    turn, scale = between(-0.2, 0.2), between(0.88, 1.12)
    flip = torch.where((torch.rand(count, generator=draw) < 0.5) & torch.tensor(mirror), -1.0, 1.0)
    cosine, sine = turn.cos() * scale, turn.sin() * scale
    rows = torch.stack(
        [
            torch.stack([cosine * flip, -sine, between(-0.16, 0.16)], 1),
            torch.stack([sine * flip, cosine, between(-0.16, 0.16)], 1),
        ],
        1,
    )
    grid = torch.nn.functional.affine_grid(rows, list(levels_BCHW.shape), align_corners=False)
    moved = torch.nn.functional.grid_sample(levels_BCHW, grid, padding_mode="border", align_corners=False)
    return moved * between(0.8, 1.2)[:, None, None, None] + between(-0.1, 0.1)[:, None, None, None]
