"""Words on a page with their places, by the program `tesseract`, where it is installed.

Source: tesseract(1), output format `tsv`.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.base.errors import InvalidInput
from holdfast.inference.runtime.images import encode_png

_TIMEOUT_SECONDS = 60
_WORD_LEVEL = "5"


@dataclass(frozen=True)
class Word:
    """A word with its box (left, top, right, bottom), each side in thousandths of the page."""

    text: str
    box: tuple[int, int, int, int]


def read_page(image: Any, language: str | None) -> list[Word]:
    """Words of a page in reading order.

    Args:
        image: a PIL image.
        language: tesseract's code (`eng`, `deu`); None: English.

    Raises:
        InvalidInput: tesseract is not installed, does not know the language, or cannot read the page.
    """
    if shutil.which("tesseract") is None:
        raise InvalidInput(
            field="parameters.word_boxes",
            problem="is required: this server has no tesseract to find words itself (apt-get install tesseract-ocr)",
        )
    if language is not None and not language.replace("+", "").replace("_", "").isalnum():
        raise InvalidInput(field="parameters.lang", problem="is not a language code")
    command = ["tesseract", "stdin", "stdout", "-l", language or "eng", "tsv"]
    try:
        done = subprocess.run(
            command, input=encode_png(image), capture_output=True, timeout=_TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise InvalidInput(field="inputs.image", problem="takes too long to read") from None
    if done.returncode:
        raise InvalidInput(field="parameters.lang", problem=f"or page cannot be read: {done.stderr.decode()[:200]}")
    return words_in(done.stdout.decode("utf-8", "replace"), image.width, image.height)


def words_in(table: str, width: int, height: int) -> list[Word]:
    """Words of tesseract's table of levels, boxes in pixels and texts."""
    lines = [line.split("\t") for line in table.splitlines()[1:]]
    cells = [line for line in lines if len(line) == 12 and line[0] == _WORD_LEVEL and line[11].strip()]
    return [Word(line[11].strip(), _box([int(cell) for cell in line[6:10]], width, height)) for line in cells]


def _box(place: Sequence[int], width: int, height: int) -> tuple[int, int, int, int]:
    left, top, across, down = place
    right, bottom = left + across, top + down
    return (1000 * left // width, 1000 * top // height, 1000 * right // width, 1000 * bottom // height)
