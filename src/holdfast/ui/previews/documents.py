"""PDF: nothing here shows it; browsers do, once it is downloaded."""

from __future__ import annotations

from holdfast.ui.previews.preview import Preview, PreviewedFile

SUFFIXES = frozenset(("pdf",))


def preview(file: PreviewedFile) -> Preview | None:
    """A way to it; None when the bytes are of another kind."""
    return Preview("document") if b"%PDF-" in file.start(1024) else None
