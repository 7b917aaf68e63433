"""Headers of safetensors files: names, dtypes and shapes of tensors, and how many parameters they make.

A file is 8 bytes little-endian header length, the header as JSON, then tensor data, which is never read here.
Source: huggingface/safetensors README, "Format"; huggingface_hub 2.4.0 utils/_safetensors.py for what clients count.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from holdfast.base.errors import CorruptObject
from holdfast.base.json_values import nests_too_deep
from holdfast.hub.repos.metadata.files import Read

MAX_HEADER_BYTES = 32 * 1024 * 1024
"""The format allows 100 MB, which would take a gigabyte to look at; the largest known headers have a few MB."""
MAX_SHARDS = 2_000
INDEX_SUFFIX = ".safetensors.index.json"

_MAX_PARAMETERS = 2**53
"""Of a tensor, and of all together: more than this, JSON and databases do not count exactly."""
_MAX_DTYPES = 64
_MAX_DIMENSIONS = 32
_FIRST_READ_BYTES = 64 * 1024


@dataclass(frozen=True)
class TensorCount:
    """Parameters by dtype (`{"F32": 22713216}`) and together."""

    parameters: dict[str, int]
    total: int


def parse_header(data: bytes) -> dict[str, Any]:
    """The header in the first bytes of a safetensors file; `data` may go on behind it.

    Raises:
        CorruptObject: too short, too long or not the JSON of a header.
    """
    length = _header_length(data)
    if len(data) < 8 + length:
        raise CorruptObject(problem=f"ends inside its safetensors header of {length} bytes")
    try:
        header = orjson.loads(data[8 : 8 + length])
    except orjson.JSONDecodeError:
        raise CorruptObject(problem="has a safetensors header that is not JSON") from None
    if not isinstance(header, dict) or nests_too_deep(header):
        raise CorruptObject(
            problem="has a safetensors header that is not a JSON object, or one that is nested too deep"
        )
    return header


def _header_length(data: bytes) -> int:
    if len(data) < 8:
        raise CorruptObject(problem="is too short for a safetensors file")
    length: int = struct.unpack_from("<Q", data)[0]
    if not 2 <= length <= MAX_HEADER_BYTES:
        raise CorruptObject(problem=f"claims a safetensors header of {length} bytes")
    return length


def read_header(read: Read, path: str, size_bytes: int) -> dict[str, Any]:
    """Fetch and parse a file's header with one or two reads.

    Raises:
        CorruptObject: not a safetensors file.
        NotFound: from `read`.
    """
    head = read(path, 0, min(size_bytes, _FIRST_READ_BYTES))
    missing = 8 + _header_length(head) - len(head)
    if missing > 0:
        if 8 + _header_length(head) > size_bytes:
            raise CorruptObject(problem="ends inside its safetensors header")
        head += read(path, len(head), missing)
    return parse_header(head)


def count_parameters(headers: Iterable[dict[str, Any]]) -> TensorCount:
    """Add up the tensors of one file or of all shards of a model.

    Raises:
        CorruptObject: a tensor without a dtype and a sane shape.
    """
    counts: Counter[str] = Counter()
    for header in headers:
        for name, tensor in header.items():
            if name != "__metadata__":
                dtype, elements = _tensor(name, tensor)
                counts[dtype] += elements
    if counts.total() > _MAX_PARAMETERS or len(counts) > _MAX_DTYPES:
        raise CorruptObject(problem="has tensors of impossible size, all together, or of too many kinds")
    return TensorCount(dict(sorted(counts.items())), counts.total())


def _tensor(name: str, tensor: Any) -> tuple[str, int]:
    dtype = tensor.get("dtype") if isinstance(tensor, dict) else None
    shape = tensor.get("shape") if isinstance(tensor, dict) else None
    if not isinstance(dtype, str) or len(dtype) > 32 or not isinstance(shape, list) or len(shape) > _MAX_DIMENSIONS:
        raise CorruptObject(problem=f"has a tensor {name[:100]!r} without dtype and shape")
    if not all(type(size) is int and size >= 0 for size in shape):
        raise CorruptObject(problem=f"has a tensor {name[:100]!r} with a shape that is not of whole numbers")
    elements = math.prod(shape)
    if elements > _MAX_PARAMETERS:
        raise CorruptObject(problem=f"has a tensor {name[:100]!r} of impossible size")
    return dtype, elements


def shards_of_index(index: dict[str, Any], index_path: str) -> list[str]:
    """Paths of the shards that a `*.safetensors.index.json` names, beside the index, sorted.

    Raises:
        CorruptObject: no `weight_map`, too many shards, or names that leave the folder.
    """
    weight_map = index.get("weight_map")
    if not isinstance(weight_map, dict) or not all(isinstance(name, str) for name in weight_map.values()):
        raise CorruptObject(problem="is a safetensors index without a weight_map")
    names = sorted(set(weight_map.values()))
    if len(names) > MAX_SHARDS or any(name.startswith("/") or ".." in name.split("/") for name in names):
        raise CorruptObject(problem="is a safetensors index with impossible shards")
    folder = index_path.rpartition("/")[0]
    return [f"{folder}/{name}" if folder else name for name in names]
