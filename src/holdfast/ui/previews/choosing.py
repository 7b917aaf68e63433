"""Which preview a file gets: by its name first, then by its bytes."""

from __future__ import annotations

from holdfast.base.errors import ObjectNotFound
from holdfast.ui.previews import (
    archives,
    audio,
    binary,
    documents,
    gguf,
    notebooks,
    pickles,
    pictures,
    prose,
    safetensors,
    tables,
    text,
    video,
)
from holdfast.ui.previews.preview import Preview, PreviewedFile, Previewer

_BY_SUFFIX: dict[str, Previewer] = {
    suffix: module.preview
    for module in (
        prose,
        tables,
        notebooks,
        pictures,
        audio,
        video,
        documents,
        safetensors,
        gguf,
        pickles,
        archives,
    )
    for suffix in module.SUFFIXES
}


def preview_file(file: PreviewedFile) -> Preview:
    """The first preview that fits."""
    if file.size_bytes == 0:
        return Preview("empty")
    try:
        named = _BY_SUFFIX.get(file.suffix)
        return (named(file) if named else None) or text.preview(file) or binary.preview(file)
    except ObjectNotFound:
        return Preview("missing")
