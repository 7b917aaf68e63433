"""Messages between the server and a model's process: a JSON head and raw bytes, each with its length before it.

JSON and not pickle: the process has read files of strangers, and must not be able to run code in the server.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

LENGTHS = struct.Struct("!IQ")
MAX_HEAD_BYTES = 1024 * 1024
MAX_BODY_BYTES = 1024 * 1024 * 1024


@dataclass(frozen=True)
class Frame:
    """One message."""

    head: Mapping[str, Any]
    body: bytes = b""

    def encode(self) -> bytes:
        """As bytes for the socket."""
        head = orjson.dumps(self.head)
        return b"".join((LENGTHS.pack(len(head), len(self.body)), head, self.body))


class BrokenFrame(Exception):
    """The other side does not speak as it must."""


def read_lengths(prefix: bytes) -> tuple[int, int]:
    """How long head and body are, from the first `LENGTHS.size` bytes of a message.

    Raises:
        BrokenFrame: longer than any message is.
    """
    head_bytes, body_bytes = LENGTHS.unpack(prefix)
    if head_bytes > MAX_HEAD_BYTES or body_bytes > MAX_BODY_BYTES:
        raise BrokenFrame
    return head_bytes, body_bytes


def read_head(head: bytes) -> dict[str, Any]:
    """The head of a message.

    Raises:
        BrokenFrame: it is not a JSON object.
    """
    try:
        value = orjson.loads(head)
    except orjson.JSONDecodeError as error:
        raise BrokenFrame from error
    if not isinstance(value, dict):
        raise BrokenFrame
    return value
