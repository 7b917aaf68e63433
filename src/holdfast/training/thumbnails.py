"""A few small pictures of each label, to see beforehand whether labels are right.

Decodes what strangers sent: only for a process with little memory and time.
"""

from __future__ import annotations

import base64
import io
from typing import Any

_LABELS, _EACH = 12, 4
_SIDE = 96
_MOST_PIXELS = 50_000_000


def by_label(frame: Any, image: str, target: str | None) -> list[dict[str, Any]]:
    """Labels with their number of pictures and the first four of them.

    Args:
        frame: rows.
        image: column with the pictures: bytes, or records with `bytes`.
        target: column with the labels; None takes all rows together.

    Returns:
        Up to 12 of `{"label", "rows", "pictures"}`, the most frequent first; pictures are `data:` URLs.
    """
    if target is None:
        return [{"label": "", "rows": len(frame), "pictures": _some(frame[image])}]
    groups = sorted(frame.groupby(target, sort=True), key=lambda group: -len(group[1]))
    return [
        {"label": str(label), "rows": len(rows), "pictures": _some(rows[image])} for label, rows in groups[:_LABELS]
    ]


def _some(values: Any) -> list[str]:
    drawn = (_thumbnail(value) for value in values.head(3 * _EACH))
    return [url for url in drawn if url][:_EACH]


def _thumbnail(value: Any) -> str:
    """A picture as a `data:` URL; empty where it can't be decoded, which the check says in words."""
    from PIL import Image  # noqa: PLC0415 - missing on a plain Hub

    content = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(content, bytes | bytearray):
        return ""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return ""
            small = picture.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return ""
    small.thumbnail((_SIDE, _SIDE))
    written = io.BytesIO()
    small.save(written, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(written.getvalue()).decode()}"
