"""TensorBoard event files, byte by byte: what a SummaryWriter writes, and what none ever would."""

from __future__ import annotations

import struct

from holdfast.viewer.readers.event_files import masked_crc32c


def varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*found, value))


def field(number: int, content: bytes) -> bytes:
    """A field of bytes, a text or a message."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def event(tag: str, step: int, value: float) -> bytes:
    """One scalar at one step, as torch.utils.tensorboard writes it."""
    scalar = field(1, tag.encode()) + varint(2 << 3 | 5) + struct.pack("<f", value)
    return (
        varint(1 << 3 | 1)
        + struct.pack("<d", 1.7e9 + step)
        + varint(2 << 3)
        + varint(step)
        + field(5, field(1, scalar))
    )


def tensor_event(tag: str, step: int, tensor: bytes) -> bytes:
    """One scalar as TensorFlow 2 writes it: a tensor."""
    return varint(2 << 3) + varint(step) + field(5, field(1, field(1, tag.encode()) + field(8, tensor)))


def record(message: bytes) -> bytes:
    """A message as TFRecord frames it."""
    length = struct.pack("<Q", len(message))
    return length + struct.pack("<I", masked_crc32c(length)) + message + struct.pack("<I", masked_crc32c(message))


def event_file(*scalars: tuple[str, int, float]) -> bytes:
    """A file with its version and these scalars."""
    version = varint(1 << 3 | 1) + struct.pack("<d", 1.7e9) + field(3, b"brain.Event:2")
    return b"".join(map(record, (version, *(event(*scalar) for scalar in scalars))))
