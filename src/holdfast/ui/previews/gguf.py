"""What a GGUF file says of its model."""

from __future__ import annotations

from holdfast.base.errors import CorruptObject
from holdfast.hub.repos.metadata.gguf_header import read_gguf_header
from holdfast.ui.previews.preview import Preview, PreviewedFile

SUFFIXES = frozenset(("gguf",))


def preview(file: PreviewedFile) -> Preview | None:
    """The header's pairs worth showing, and the number of parameters."""
    try:
        header = read_gguf_header(file.source.read, file.size_bytes)
    except CorruptObject as error:
        return Preview("unreadable", {"problem": error.problem})
    metadata = {
        name: value[:20_000] if isinstance(value, str) else value
        for name, value in header.metadata.items()
        if name != "chat_template"
    }
    template = header.metadata.get("chat_template")
    shown = template[:50_000] if isinstance(template, str) else None
    return Preview("gguf", {"parameters": header.total, "metadata": metadata, "chatTemplate": shown})
