"""Which weight files stand for a model repo, and what their headers say of its size.

It chooses files by name and reads headers through `RepoFiles`; broken headers count as absent.
"""

from __future__ import annotations

import re
from typing import Any

from holdfast.base.errors import CorruptObject, NotFound
from holdfast.hub.repos.metadata.files import RepoFiles
from holdfast.hub.repos.metadata.gguf_header import GgufHeader, read_gguf_header
from holdfast.hub.repos.metadata.safetensors_header import (
    INDEX_SUFFIX,
    TensorCount,
    count_parameters,
    read_header,
    shards_of_index,
)

_MODEL_NAMES = ("model", "consolidated", "adapter_model", "diffusion_pytorch_model", "open_clip_model")
_GGUF_SHARD = re.compile(r"(.*)-\d{5}-of-(\d{5})\.gguf", re.I)
_MAX_GGUF_SHARDS = 200


def safetensors_count(files: RepoFiles) -> TensorCount | None:
    """Parameters of the model at the repo's root; None if no safetensors file stands for it or it is broken."""
    try:
        paths = _safetensors_paths(files)
        if not paths or any(path not in files.sizes for path in paths):
            return None
        return count_parameters(read_header(files.read, path, files.sizes[path]) for path in paths)
    except (CorruptObject, NotFound):
        return None


def _safetensors_paths(files: RepoFiles) -> list[str]:
    for name in _MODEL_NAMES:
        index = f"{name}{INDEX_SUFFIX}"
        if f"{name}.safetensors" in files.root_names:
            return [f"{name}.safetensors"]
        if index in files.root_names:
            return shards_of_index(files.json_object(index), index)
    alone = [path for path in files.by_suffix.get("safetensors", ()) if "/" not in path]
    return alone if len(alone) == 1 else []


def gguf_info(files: RepoFiles) -> dict[str, Any] | None:
    """The API's `gguf` field, from the first GGUF model in the repo (with all its shards); None without one."""
    paths = [path for path in files.by_suffix.get("gguf", ()) if "mmproj" not in path.lower()]
    if not paths:
        return None
    try:
        first, *others = [_gguf_header(files, path) for path in _with_shards(paths)]
    except (CorruptObject, NotFound):
        return None
    return {**first.as_info(), "total": first.total + sum(header.total for header in others)}


def _gguf_header(files: RepoFiles, path: str) -> GgufHeader:
    return read_gguf_header(lambda start, length: files.read(path, start, length), files.sizes[path])


def _with_shards(paths: list[str]) -> list[str]:
    shard = _GGUF_SHARD.fullmatch(paths[0])
    if shard is None:
        return paths[:1]
    stem, count = shard.groups()
    return [path for path in paths if path.startswith(stem) and path.lower().endswith(f"-of-{count}.gguf")][
        :_MAX_GGUF_SHARDS
    ]
