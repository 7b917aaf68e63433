"""What a ZIP archive holds, from its directory; nothing is unpacked."""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib

from holdfast.ui.previews.preview import Preview, PreviewedFile
from holdfast.viewer.readers.range_file import RangeFile

SUFFIXES = frozenset(("zip", "npz", "keras", "whl", "jar"))
MAX_ENTRIES = 1_000
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
_MAX_TOTAL_BYTES = 2**53
"""What no archive holds, and JSON does not count exactly."""
_END_BYTES = 66_000
_IN_THE_OTHER_RECORD = 0xFFFFFFFF


def preview(file: PreviewedFile) -> Preview | None:
    """The names and sizes; None when it is no such archive."""
    archive = open_archive(file)
    entries = archive.infolist() if archive else []
    total = sum(entry.file_size for entry in entries)
    if archive is None or total > _MAX_TOTAL_BYTES:
        return None
    listed = [
        {"path": entry.filename[:1_000], "size": entry.file_size, "compressedSize": entry.compress_size}
        for entry in entries[:MAX_ENTRIES]
    ]
    return Preview("archive", {"entries": listed, "numEntries": len(entries), "totalSize": total})


def open_archive(file: PreviewedFile) -> zipfile.ZipFile | None:
    """The archive, its directory read; None when there is none, or an enormous one."""
    if file.start(2) != b"PK" or _directory_bytes(file) > _MAX_DIRECTORY_BYTES:
        return None
    try:
        return zipfile.ZipFile(io.BufferedReader(RangeFile(file.source), 256 * 1024))
    except DAMAGED:
        return None


def _directory_bytes(file: PreviewedFile) -> int:
    """Its size as the records at the end claim, the largest of them: `zipfile` would read all of it."""
    end = file.source.read(max(0, file.size_bytes - _END_BYTES), _END_BYTES)
    claims = [int.from_bytes(end[at + 12 : at + 16], "little") for at in _places(end, b"PK\x05\x06")]
    claims += [int.from_bytes(end[at + 40 : at + 48], "little") for at in _places(end, b"PK\x06\x06")]
    return max((claim for claim in claims if claim != _IN_THE_OTHER_RECORD), default=0)


def _places(data: bytes, signature: bytes) -> list[int]:
    return [match.start() for match in re.finditer(re.escape(signature), data)]
