"""TensorBoard's event files: numbers over steps, as training writes them. Read without TensorFlow.

A file is a row of records (TFRecord: length, checksum of the length, bytes, checksum of the bytes), each a message
`Event` of protocol buffers with a `Summary`. Only scalars are taken: `simple_value`, or a tensor of one number. Files
come from strangers: what is longer, deeper or odder than training writes is left out, and a file that breaks off in the
middle, as those of killed runs do, is read up to there.

Source: tensorboard, compat/proto/event.proto, summary.proto, tensor.proto; tensorflow, core/lib/io/record_writer.cc.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from holdfast.viewer.domain import Source

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_RECORD_BYTES = 1024 * 1024
MAX_TAGS = 500
MAX_TAG_CHARACTERS = 200
MAX_POINTS = 200_000
"""Of all tags of a file together."""

_HEADER = struct.Struct("<QI")
_CHECKSUM_BYTES = 4
_BLOCK_BYTES = 1024 * 1024
_MASK = 0xA282EAD8
_FLOAT, _DOUBLE = 1, 2
_VARINT, _EIGHT, _LENGTH, _FOUR = 0, 1, 2, 5
_MAX_VARINT_BYTES = 10

Point = tuple[int, float]
Field = tuple[int, int, bytes | int]
"""Number, wire type, value: a whole number for varints, else bytes."""


class _Broken(Exception):
    """Bytes that are no message."""


@dataclass(frozen=True)
class Scalars:
    """What an event file tells.

    Args:
        points: step and value by tag, by step; of a step that is told twice, the last.
        is_whole: nothing was left out: neither broken nor over the limits.
    """

    points: Mapping[str, tuple[Point, ...]]
    is_whole: bool


def read_scalars(source: Source) -> Scalars:
    """Read an event file. Never raises for what is in it; an empty result says that there is nothing to see."""
    found: dict[str, dict[int, float]] = {}
    count, is_whole = 0, source.size_bytes <= MAX_FILE_BYTES
    reader = _Records(source)
    for record in reader.records():
        for tag, step, value in _scalars(record):
            if count >= MAX_POINTS or (tag not in found and len(found) >= MAX_TAGS):
                is_whole = False
                continue
            found.setdefault(tag, {})[step] = value
            count += 1
    points = {tag: tuple(sorted(values.items())) for tag, values in found.items()}
    return Scalars(points, is_whole and reader.is_whole)


class _Records:
    """Records of a file, read block by block."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._place = 0
        self._ahead = b""
        self._end = min(source.size_bytes, MAX_FILE_BYTES)
        self.is_whole = True

    def records(self) -> Iterator[bytes]:
        while header := self._take(_HEADER.size):
            length, checksum = _HEADER.unpack(header) if len(header) == _HEADER.size else (0, -1)
            if masked_crc32c(header[:8]) != checksum:
                self.is_whole = False  # broken off, or no event file
                return
            if length > MAX_RECORD_BYTES:
                self.is_whole = False  # a picture or a graph
                self._skip(length + _CHECKSUM_BYTES)
                continue
            record = self._take(length + _CHECKSUM_BYTES)
            if len(record) < length + _CHECKSUM_BYTES:
                self.is_whole = False
                return
            yield record[:length]

    def _take(self, length: int) -> bytes:
        while len(self._ahead) < length and self._place < self._end:
            block = self._source.read(self._place, min(_BLOCK_BYTES, self._end - self._place))
            if not block:
                break
            self._place += len(block)
            self._ahead += block
        taken, self._ahead = self._ahead[:length], self._ahead[length:]
        return taken

    def _skip(self, length: int) -> None:
        inside = min(length, len(self._ahead))
        self._ahead = self._ahead[inside:]
        self._place = min(self._end, self._place + length - inside)


def _scalars(record: bytes) -> Iterator[tuple[str, int, float]]:
    """Tags, steps and values of an event; nothing of one that is no event."""
    try:
        step, summaries = 0, []
        for number, kind, value in _fields(record):
            if (number, kind) == (2, _VARINT):
                assert isinstance(value, int)
                step = value
            elif (number, kind) == (5, _LENGTH):
                summaries.append(value)
        if step >= 2**53:  # negative, or more than any training does
            return
        for summary in summaries:
            assert isinstance(summary, bytes)
            for tag, number_ in _values(summary):
                yield tag, step, number_
    except _Broken:
        return


def _values(summary: bytes) -> Iterator[tuple[str, float]]:
    for number, kind, message in _fields(summary):
        if (number, kind) != (1, _LENGTH):
            continue
        assert isinstance(message, bytes)
        tag, value = _value(message)
        if tag and value is not None and math.isfinite(value):
            yield tag[:MAX_TAG_CHARACTERS], value


def _value(message: bytes) -> tuple[str, float | None]:
    tag, value = "", None
    for number, kind, content in _fields(message):
        if (number, kind) == (1, _LENGTH):
            assert isinstance(content, bytes)
            tag = content.decode("utf-8", "replace")
        elif (number, kind) == (2, _FOUR):
            assert isinstance(content, bytes)
            value = float(struct.unpack("<f", content)[0])
        elif (number, kind) == (8, _LENGTH):
            assert isinstance(content, bytes)
            value = _tensor(content)
    return tag, value


def _tensor(message: bytes) -> float | None:
    """The number of a tensor that holds but one."""
    dtype = 0
    for number, kind, content in _fields(message):
        if (number, kind) == (1, _VARINT):
            assert isinstance(content, int)
            dtype = content
        elif kind in (_LENGTH, _FOUR, _EIGHT) and number in (4, 5, 6):
            assert isinstance(content, bytes)
            layout = "<f" if number == 5 or (number == 4 and dtype == _FLOAT) else "<d"
            if len(content) == struct.calcsize(layout) and (number != 4 or dtype in (_FLOAT, _DOUBLE)):
                return float(struct.unpack(layout, content)[0])
    return None


def _fields(message: bytes) -> Iterator[Field]:
    """Fields of a message in their order.

    Raises:
        _Broken: it is none.
    """
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, place = _varint(message, place)
            yield number, kind, value
            continue
        length = {_EIGHT: 8, _FOUR: 4}.get(kind, -1)
        if kind == _LENGTH:
            length, place = _varint(message, place)
        if length < 0 or place + length > len(message):
            raise _Broken
        yield number, kind, message[place : place + length]
        place += length


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = 0
    for index in range(_MAX_VARINT_BYTES):
        if place + index >= len(message):
            break
        byte = message[place + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, place + index + 1
    raise _Broken


def masked_crc32c(data: bytes) -> int:
    """The checksum of TFRecord: CRC-32C, turned and shifted."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF


def _table_line(index: int) -> int:
    for _ in range(8):
        index = (index >> 1) ^ (0x82F63B78 if index & 1 else 0)
    return index


_TABLE = tuple(_table_line(index) for index in range(256))
