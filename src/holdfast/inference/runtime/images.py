"""Pictures in and out: files from strangers to PIL images, masks to PNG, images to rows."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import load_part
from holdfast.inference.runtime.rows import Row

MAX_PIXELS = 64_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")


def decode_image(data: bytes, name: str) -> Any:
    """A picture file as an upright PIL image in RGB; of an animation, the first frame.

    Raises:
        InvalidInput: it is not a picture, or a damaged one.
        TooLarge: it has more than `MAX_PIXELS`, as its header says; nothing is unpacked then.
    """
    image_class = need("PIL.Image")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's words about odd files are not for the log of a server
        try:
            image = image_class.open(io.BytesIO(data), formats=_FORMATS)
            if image.width * image.height > MAX_PIXELS:
                raise TooLarge(
                    what=f"`{name}`, a picture of {image.width} × {image.height} pixels,", limit="64 megapixels"
                )
            return need("PIL.ImageOps").exif_transpose(image).convert("RGB")
        except (
            OSError,
            ValueError,
            SyntaxError,
            TypeError,
            KeyError,
            IndexError,
            ArithmeticError,
            image_class.DecompressionBombError,
        ):
            kinds = ", ".join(_FORMATS)
            raise InvalidInput(field=name, problem=f"is not a picture that can be read ({kinds})") from None


def encode_png(image: Any) -> bytes:
    """A PIL image as a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def encode_mask(mask: np.ndarray[Any, Any]) -> bytes:
    """A mask (height × width, true where something is) as a PNG file, white on black."""
    return encode_gray(mask.astype(np.uint8) * 255)


def encode_gray(levels: np.ndarray[Any, Any]) -> bytes:
    """Levels of grey from 0 to 255 (height × width, uint8) as a PNG file."""
    return encode_png(need("PIL.Image").fromarray(levels))


@dataclass(frozen=True)
class ImageReader:
    """What a model does with pictures before it sees them."""

    processor: Any

    def row(self, image: Any) -> Row:
        """Pixels (and masks) of one picture, as arrays without a batch dimension."""
        made = self.processor(images=[image], return_tensors="pt")
        return {name: tensor[0].numpy() for name, tensor in made.items() if hasattr(tensor, "numpy")}


def load_image_reader(folder: Path, **options: Any) -> ImageReader:
    """The image processor of a folder, always computing as Pillow does: the same everywhere.

    Args:
        folder: with its file.
        options: that go before what its makers chose.

    Raises:
        UnusableModel: there is none.
    """
    return ImageReader(load_part(folder, "AutoImageProcessor", backend="pil", **options))
