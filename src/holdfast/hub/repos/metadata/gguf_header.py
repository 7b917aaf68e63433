"""Headers of GGUF files: architecture, context length, chat template, number of parameters.

A file is `GGUF`, a version, counts of tensors and of key-value pairs, the pairs, then one record per tensor; all little
endian (versions 2 and 3). Tensor data is never read.
Source: ggml-org/ggml docs/gguf.md; huggingface_hub's ModelInfo.gguf for the names of the answer.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from holdfast.base.errors import CorruptObject

MAX_HEADER_BYTES = 64 * 1024 * 1024
"""Vocabularies lie in the header; the largest known take about 10 MB."""
MAX_ITEMS = 4_000_000
"""Pairs, array elements and tensors together."""

_MAX_ELEMENTS = 2**48
_WINDOW_BYTES = 1024 * 1024
_MAX_STRING_BYTES = 1024 * 1024
_STRING, _ARRAY = 8, 9
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_KEPT = {
    "general.architecture": "architecture",
    "tokenizer.chat_template": "chat_template",
    "tokenizer.ggml.bos_token_id": "bos_token_id",
    "tokenizer.ggml.eos_token_id": "eos_token_id",
    "quantize.imatrix.file": "quantize_imatrix_file",
    "general.name": "name",
    "general.type": "type",
}


@dataclass(frozen=True)
class GgufHeader:
    """`metadata` holds the pairs worth showing, `total` the parameters of all tensors in this file."""

    metadata: dict[str, Any]
    total: int

    def as_info(self) -> dict[str, Any]:
        """The Hub API's `gguf` field."""
        return {"total": self.total, **self.metadata}


def read_gguf_header(read: Callable[[int, int], bytes], size_bytes: int) -> GgufHeader:
    """Parse the header through `read(start, length)`.

    Raises:
        CorruptObject: not GGUF 2 or 3, cut off, or over a limit.
        NotFound: from `read`.
    """
    cursor = _Cursor(read, min(size_bytes, MAX_HEADER_BYTES))
    if cursor.take(4) != b"GGUF":
        raise CorruptObject(problem="is not a GGUF file")
    version = cursor.number("I")
    if version not in (2, 3):
        raise CorruptObject(problem=f"is GGUF of version {version}; 2 and 3 can be read")
    tensors, pairs = cursor.number("Q"), cursor.number("Q")
    metadata = _metadata(cursor, pairs)
    total = sum(_tensor_elements(cursor) for _ in range(cursor.count(tensors)))
    if total > _MAX_ELEMENTS:
        raise CorruptObject(problem="has GGUF tensors of impossible size, all together")
    return GgufHeader(metadata, total)


def _metadata(cursor: _Cursor, pairs: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(cursor.count(pairs)):
        key = cursor.string()
        kind = cursor.number("I")
        if kind == _ARRAY:
            _skip_array(cursor)
            continue
        value = cursor.string() if kind == _STRING else cursor.number(_number_code(kind))
        if isinstance(value, float):
            continue  # none of the kept pairs is one
        if key in _KEPT:
            found[_KEPT[key]] = value
        elif key.endswith(".context_length"):
            found["context_length"] = value
    return found


def _number_code(kind: int) -> str:
    if kind not in _NUMBERS:
        raise CorruptObject(problem=f"has a GGUF value of unknown type {kind}")
    return _NUMBERS[kind]


def _skip_array(cursor: _Cursor) -> None:
    kind, length = cursor.number("I"), cursor.number("Q")
    if kind == _STRING:
        for _ in range(cursor.count(length)):
            cursor.skip(cursor.number("Q"))
    else:
        cursor.skip(length * struct.calcsize(_number_code(kind)))


def _tensor_elements(cursor: _Cursor) -> int:
    cursor.skip(cursor.number("Q"))
    dimensions = cursor.number("I")
    if dimensions > 8:
        raise CorruptObject(problem=f"has a GGUF tensor of {dimensions} dimensions")
    elements: int = math.prod(cursor.number("Q") for _ in range(dimensions))
    if elements > _MAX_ELEMENTS:
        raise CorruptObject(problem="has a GGUF tensor of impossible size")
    cursor.skip(4 + 8)
    return elements


@dataclass
class _Cursor:
    """A position in the header, with a window of bytes around it that moves forward."""

    read: Callable[[int, int], bytes]
    end: int
    window: bytes = b""
    window_start: int = 0
    offset: int = 0
    items: int = 0

    def take(self, length: int) -> bytes:
        start = self.offset - self.window_start
        if start + length > len(self.window):
            self._move(length)
            start = 0
        self.offset += length
        return self.window[start : start + length]

    def _move(self, length: int) -> None:
        if length > self.end - self.offset:
            raise CorruptObject(problem="ends inside its GGUF header, or the header is larger than can be read")
        wanted = min(max(length, _WINDOW_BYTES), self.end - self.offset)
        self.window = self.read(self.offset, wanted)
        self.window_start = self.offset
        if len(self.window) < length:
            raise CorruptObject(problem="is shorter than it claims")

    def skip(self, length: int) -> None:
        if length > self.end - self.offset:
            raise CorruptObject(problem="ends inside its GGUF header, or the header is larger than can be read")
        self.offset += length
        if self.offset > self.window_start + len(self.window):
            self.window, self.window_start = b"", self.offset

    def number(self, code: str) -> Any:
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def string(self) -> str:
        length = self.number("Q")
        if length > _MAX_STRING_BYTES:
            raise CorruptObject(problem=f"has a GGUF string of {length} bytes")
        return self.take(length).decode("utf-8", "replace").replace("\0", "\ufffd")

    def count(self, items: int) -> int:
        """Charge `items` repetitions against the limit."""
        self.items += items
        if self.items > MAX_ITEMS:
            raise CorruptObject(problem=f"has more than {MAX_ITEMS} items in its GGUF header")
        return items
