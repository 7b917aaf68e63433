"""Tensors of a safetensors file: names, kinds, shapes. Their numbers are not read."""

from __future__ import annotations

import math
from typing import Any

from holdfast.base.errors import CorruptObject
from holdfast.hub.repos.metadata.safetensors_header import count_parameters, read_header
from holdfast.ui.previews.preview import Preview, PreviewedFile

SUFFIXES = frozenset(("safetensors",))
MAX_TENSORS = 2_000


def preview(file: PreviewedFile) -> Preview | None:
    """The header."""
    try:
        header = read_header(lambda _, start, length: file.source.read(start, length), file.path, file.size_bytes)
        counts = count_parameters([header])
    except CorruptObject as error:
        return Preview("unreadable", {"problem": error.problem})
    tensors = [
        {"name": name, "dtype": tensor["dtype"], "shape": tensor["shape"], "parameters": math.prod(tensor["shape"])}
        for name, tensor in header.items()
        if name != "__metadata__"
    ]
    data = {
        "parameters": counts.total,
        "parametersByDtype": counts.parameters,
        "metadata": _metadata(header.get("__metadata__")),
        "tensors": tensors[:MAX_TENSORS],
        "numTensors": len(tensors),
    }
    return Preview("safetensors", data)


def _metadata(value: Any) -> dict[str, str]:
    """Texts by name, as the format has them; whatever else stands there is left out."""
    pairs = value.items() if isinstance(value, dict) else ()
    return {name[:200]: text[:2_000] for name, text in list(pairs)[:200] if isinstance(text, str)}
