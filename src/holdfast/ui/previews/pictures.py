"""Pictures that browsers know how to show. SVG is shown as the code that it is: a browser would run its scripts."""

from __future__ import annotations

from holdfast.ui.previews.preview import Preview, PreviewedFile

SUFFIXES = frozenset(("png", "jpg", "jpeg", "gif", "webp"))


def preview(file: PreviewedFile) -> Preview | None:
    """The picture, loaded from where its bytes are served; None when the bytes are of no such kind."""
    media_type = _media_type(file.start(16))
    return None if media_type is None else Preview("picture", {"mediaType": media_type})


def _media_type(start: bytes) -> str | None:
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if start.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if start.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    return "image/webp" if start[:4] == b"RIFF" and start[8:12] == b"WEBP" else None
