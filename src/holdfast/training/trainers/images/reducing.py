"""Photos of cameras, made small once: networks see some hundred pixels, and reading twelve millions takes its time.

What reading costs is reckoned by the pixels that the files' heads tell, not by a watch: the same spec takes the same
pictures on every machine.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from holdfast.inference.runtime.libraries import need
from holdfast.training.domain.data import TrainingData

ENOUGH_PIXELS = 448
"""On the shorter side: what networks of the Hub take, and some more."""
_LARGE = 3 * ENOUGH_PIXELS
_SECONDS_PER_PIXEL = {"JPEG": 12e-9}
_SECONDS_PER_PIXEL_ELSE = 40e-9
_FOR_READING = 0.2
"""Of the budget."""
_FEWEST = 40
_QUALITY = 92
_UNREADABLE = (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, ArithmeticError)
"""What Pillow raises for files that are no pictures; whoever decodes them next says what is wrong."""


def reduced(file: bytes) -> bytes:
    """A large JPEG as a small one, upright; anything else as it is. A JPEG can be read at an eighth of its size."""
    image_module, operations = need("PIL.Image"), need("PIL.ImageOps")
    try:
        with image_module.open(io.BytesIO(file)) as image:
            if image.format != "JPEG" or min(image.size) < _LARGE:
                return file
            scale = ENOUGH_PIXELS / min(image.size)
            wanted = (round(image.width * scale), round(image.height * scale))
            image.draft("RGB", wanted)
            small = operations.exif_transpose(image.convert("RGB").resize(wanted, image_module.Resampling.BOX))
    except (*_UNREADABLE, image_module.DecompressionBombError):
        return file
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def affordable(
    data: TrainingData, files: Sequence[bytes], seconds: float, seed: int
) -> tuple[TrainingData, list[bytes]]:
    """As many of a run's pictures as there is time to read: all, or some drawn at random.

    Args:
        data: with all rows.
        files: of the training rows' pictures.
        seconds: of the whole run.
        seed: of the draw.
    """
    costs = np.array([_seconds(file) for file in files])
    order = np.random.default_rng(seed).permutation(len(files))
    fits = int((np.cumsum(costs[order]) <= _FOR_READING * seconds).sum())
    if fits >= len(files):
        return data, list(files)
    rows = np.sort(order[: max(_FEWEST, fits)])
    return replace(data, train=data.train.iloc[rows].reset_index(drop=True)), [files[row] for row in rows]


def _seconds(file: bytes) -> float:
    """What reading a picture takes, about; nothing where its head can't be read."""
    image_module = need("PIL.Image")
    try:
        with image_module.open(io.BytesIO(file)) as image:
            pixels: Any = image.width * image.height
            return float(pixels * _SECONDS_PER_PIXEL.get(image.format, _SECONDS_PER_PIXEL_ELSE))
    except (*_UNREADABLE, image_module.DecompressionBombError):
        return 0.0
