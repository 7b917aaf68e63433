"""Jupyter notebooks: read as data, nothing of them runs."""

from __future__ import annotations

from holdfast.base.errors import CorruptObject
from holdfast.ui.previews.preview import Preview, PreviewedFile
from holdfast.ui.rendering import render_notebook

SUFFIXES = frozenset(("ipynb",))
_MAX_BYTES = 20_000_000


def preview(file: PreviewedFile) -> Preview | None:
    """The cells and outputs."""
    try:
        return Preview("notebook", html={"body": render_notebook(file.start(_MAX_BYTES + 1), file.place)}, is_text=True)
    except CorruptObject as error:
        return Preview("unreadable", {"problem": error.problem})
