"""Data files as tables: their columns and first rows."""

from __future__ import annotations

from dataclasses import replace

from holdfast.ui.previews import text
from holdfast.ui.previews.preview import Preview, PreviewedFile
from holdfast.viewer.domain import Unreadable
from holdfast.viewer.heads import SUFFIXES, read_table_head

__all__ = ["SUFFIXES", "preview"]

_TEXTS = frozenset(("json", "csv", "tsv", "jsonl", "ndjson"))


def preview(file: PreviewedFile) -> Preview | None:
    """The head of the table. JSON that is no table is shown as the text that it is, and so are broken text files."""
    found = read_table_head(file.path, file.source)
    if not isinstance(found, Unreadable):
        return Preview("table", found.as_json(), is_text=file.suffix in _TEXTS)
    if file.suffix not in _TEXTS:
        return Preview("unreadable", {"problem": found.problem})
    shown = text.preview(file)
    if shown is None or file.suffix == "json":
        return shown
    return replace(shown, notices=(f"This file {found.problem}.", *shown.notices))
