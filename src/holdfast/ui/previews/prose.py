"""Markdown, set as a text; its front matter as the data that it is."""

from __future__ import annotations

from holdfast.hub.repos.metadata.card import split_card
from holdfast.ui.previews.preview import Preview, PreviewedFile
from holdfast.ui.previews.text import is_text, read_text
from holdfast.ui.rendering import highlight, render_markdown

SUFFIXES = frozenset(("md", "markdown", "mdx"))


def preview(file: PreviewedFile) -> Preview | None:
    """The text; None for what is none."""
    text, notices = read_text(file) if is_text(file.start(8192)) else (None, ())
    if text is None:
        return None
    front_matter, body = split_card(text)
    html = {
        "body": render_markdown(body, file.place),
        "front_matter": highlight(front_matter, "yaml") if front_matter else None,
    }
    return Preview("prose", {"text": text, "isWhole": not notices}, html, notices, is_text=True)
