"""The directory of a ZIP archive, in bounded memory; nothing is unpacked."""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib

from holdfast.viewer.domain import Source
from holdfast.viewer.readers.range_file import RangeFile

DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What `zipfile` raises on archives that are none, found by fuzzing."""
_MAX_DIRECTORY_BYTES = 4 * 1024 * 1024
_END_BYTES = 66_000
_IN_THE_OTHER_RECORD = 0xFFFFFFFF


def open_archive(source: Source) -> zipfile.ZipFile | None:
    """The archive, its directory read; None when there is none, or an enormous one."""
    if source.read(0, min(2, source.size_bytes)) != b"PK" or _directory_bytes(source) > _MAX_DIRECTORY_BYTES:
        return None
    try:
        return zipfile.ZipFile(io.BufferedReader(RangeFile(source), 256 * 1024))
    except DAMAGED:
        return None


def _directory_bytes(source: Source) -> int:
    """Its size as the records at the end claim, the largest of them: `zipfile` would read all of it."""
    start = max(0, source.size_bytes - _END_BYTES)
    end = source.read(start, source.size_bytes - start)
    claims = [int.from_bytes(end[at + 12 : at + 16], "little") for at in _places(end, b"PK\x05\x06")]
    claims += [int.from_bytes(end[at + 40 : at + 48], "little") for at in _places(end, b"PK\x06\x06")]
    return max((claim for claim in claims if claim != _IN_THE_OTHER_RECORD), default=0)


def _places(data: bytes, signature: bytes) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(signature), data)]
