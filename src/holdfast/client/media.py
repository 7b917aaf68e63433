"""Pictures and sounds as people have them: paths, addresses, PIL images, arrays; all made to bytes of a file.

Only a program of one's own opens paths and addresses; a server takes bytes alone.
"""

from __future__ import annotations

import io
import struct
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.kinds import Binary, Either, Kind, ListOf, Record

_MAX_BYTES = 64 * 1024 * 1024
_FETCH_TIMEOUT_SECONDS = 60


def with_bytes(value: Any, kind: Kind, name: str = "inputs") -> Any:
    """An input in which every picture and sound is bytes; everything else as it is.

    Raises:
        InvalidInput: a path or an address that does not give anything.
    """
    if isinstance(kind, Binary):
        return as_file(value, name)
    if isinstance(kind, ListOf) and isinstance(value, (list, tuple)):
        return [with_bytes(part, kind.kind, f"{name}[{index}]") for index, part in enumerate(value)]
    record = record_of(kind)
    if record is not None and isinstance(value, Mapping):
        fields = record.fields
        return {
            key: with_bytes(part, fields[key].kind, f"{name}.{key}") if key in fields else part
            for key, part in value.items()
        }
    return value


def record_of(kind: Kind) -> Record | None:
    """The record that an input is, or may be; None where it is never one."""
    if isinstance(kind, Either):
        return next((one for one in kind.kinds if isinstance(one, Record)), None)
    return kind if isinstance(kind, Record) else None


def as_file(value: Any, name: str) -> Any:
    """Bytes of a picture or sound; what is none of the known forms stays, for the task to refuse."""
    if isinstance(value, (str, Path)):
        return _named(str(value), name)
    if hasattr(value, "save") and hasattr(value, "convert"):
        buffer = io.BytesIO()
        value.save(buffer, "PNG")
        return buffer.getvalue()
    if isinstance(value, Mapping) and "array" in value:
        return wav_of(np.asarray(value["array"]), int(value.get("sampling_rate", 16_000)))
    if isinstance(value, np.ndarray):
        return wav_of(value, 16_000)
    return value


def _named(text: str, name: str) -> Any:
    if text.startswith("data:"):
        return text
    try:
        if text.startswith(("http://", "https://")):
            with urllib.request.urlopen(text, timeout=_FETCH_TIMEOUT_SECONDS) as answer:  # noqa: S310 - a web address
                return answer.read(_MAX_BYTES + 1)
        if len(text) < 4096 and Path(text).is_file():
            return Path(text).read_bytes()
    except (OSError, urllib.error.URLError, ValueError) as error:
        raise InvalidInput(field=name, problem=f"cannot be read from {text[:200]}: {error}") from None
    return text


def wav_of(samples: np.ndarray[Any, Any], rate: int) -> bytes:
    """Samples (or channels × samples) between -1 and 1 as a WAV file of 32-bit floats: nothing is lost.

    Source: Microsoft, Multimedia Programming Interface 1.0, RIFF WAVE; format 3 is IEEE float.
    """
    channels = samples[None] if samples.ndim == 1 else samples
    data = np.ascontiguousarray(channels.T, dtype="<f4").tobytes()
    count = len(channels)
    header = struct.pack("<4sIHHIIHH", b"fmt ", 16, 3, count, rate, rate * count * 4, count * 4, 32)
    body = b"WAVE" + header + struct.pack("<4sI", b"data", len(data)) + data
    return struct.pack("<4sI", b"RIFF", len(body)) + body
