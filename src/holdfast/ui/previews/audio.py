"""Sound, played by the browser."""

from __future__ import annotations

import mimetypes

from holdfast.ui.previews.preview import Preview, PreviewedFile

SUFFIXES = frozenset(("mp3", "wav", "flac", "ogg", "oga", "opus", "m4a", "aac"))


def preview(file: PreviewedFile) -> Preview | None:
    """A player that loads the file from where its bytes are served."""
    return Preview("audio", {"mediaType": mimetypes.guess_type(file.name, strict=False)[0] or "audio/mpeg"})
