"""Moving pictures, played by the browser."""

from __future__ import annotations

import mimetypes

from holdfast.ui.previews.preview import Preview, PreviewedFile

SUFFIXES = frozenset(("mp4", "webm", "ogv", "m4v", "mov"))


def preview(file: PreviewedFile) -> Preview | None:
    """A player that loads the file from where its bytes are served."""
    return Preview("video", {"mediaType": mimetypes.guess_type(file.name, strict=False)[0] or "video/mp4"})
