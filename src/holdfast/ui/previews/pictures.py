"""Pictures that browsers know how to show."""

from __future__ import annotations

import base64

from holdfast.ui.previews.preview import Preview, PreviewedFile

SUFFIXES = frozenset(("png", "jpg", "jpeg", "gif", "webp", "svg"))
MAX_SVG_BYTES = 512 * 1024


def preview(file: PreviewedFile) -> Preview | None:
    """The picture, loaded from where its bytes are served; None when the bytes are of no such kind."""
    if file.suffix == "svg":
        return _svg(file)
    media_type = _media_type(file.start(16))
    return None if media_type is None else Preview("picture", {"mediaType": media_type})


def _svg(file: PreviewedFile) -> Preview | None:
    """Inside the page's own `<img>`, where browsers run no script of it and load nothing."""
    data = file.start(MAX_SVG_BYTES)
    if file.size_bytes > MAX_SVG_BYTES or b"<svg" not in data:
        return None
    address = f"data:image/svg+xml;base64,{base64.b64encode(data).decode()}"
    return Preview("picture", {"mediaType": "image/svg+xml"}, {"address": address}, is_text=True)


def _media_type(start: bytes) -> str | None:
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if start.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if start.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if start[:4] == b"RIFF" and start[8:12] == b"WEBP" else None
