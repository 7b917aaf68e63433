"""Writing many objects as one pack: two files and three syncs, where loose objects would need one each.

Source: git's Documentation/gitformat-pack.txt (pack version 2, index version 2).
"""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from pygit2.enums import ObjectType

from holdfast.hub.repos.git_storage.loose_objects import sync_folder

_PACK_HEADER = struct.Struct(">4sII")
_INDEX_MAGIC = b"\xfftOc\x00\x00\x00\x02"
_LARGE_OFFSET = 0x8000_0000
_COPY_BYTES = 1024 * 1024
_COMPRESSION_LEVEL = 1  # large content is rarely compressible, and a later repack compresses better


class PackWriter:
    """Streams whole objects (no deltas) into a pack that git sees only once `finish` has returned.

    Args:
        folder: `objects/pack` of the repo.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        descriptor, name = tempfile.mkstemp(prefix="tmp_pack_", dir=folder)  # `git prune` knows that prefix
        self._path = Path(name)
        self._file: BinaryIO = os.fdopen(descriptor, "w+b")
        self._file.write(bytes(_PACK_HEADER.size))
        self._offset = _PACK_HEADER.size
        self._objects: dict[bytes, tuple[int, int]] = {}  # oid → (crc32, offset)

    def add(self, kind: ObjectType, oid: bytes, content: bytes) -> None:
        """Append an object; a repeated oid is written once."""
        if oid in self._objects:
            return
        record = _record_header(kind, len(content)) + zlib.compress(content, _COMPRESSION_LEVEL)
        self._objects[oid] = (zlib.crc32(record), self._offset)
        self._file.write(record)
        self._offset += len(record)

    def finish(self) -> None:
        """Make the pack visible, durably."""
        checksum = self._complete_pack()
        self._file.close()
        name = f"pack-{checksum.hex()}"
        index = self._path.with_name(self._path.name + ".idx")
        try:
            _write_durably(index, _index(self._objects, checksum))
            self._path.chmod(0o444)
            self._path.rename(self._folder / f"{name}.pack")
            index.rename(self._folder / f"{name}.idx")  # git looks for this one: it comes last
        finally:
            index.unlink(missing_ok=True)
        sync_folder(self._folder)

    def abandon(self) -> None:
        """Remove what was written; harmless after `finish`."""
        with suppress(OSError):  # on a full disk the last buffered bytes cannot be written out, nor are they wanted
            self._file.close()
        self._path.unlink(missing_ok=True)

    def _complete_pack(self) -> bytes:
        self._file.seek(0)
        self._file.write(_PACK_HEADER.pack(b"PACK", 2, len(self._objects)))
        self._file.seek(0)
        digest = hashlib.sha1(usedforsecurity=False)
        while block := self._file.read(_COPY_BYTES):
            digest.update(block)
        self._file.write(digest.digest())
        self._file.flush()
        os.fsync(self._file.fileno())
        return digest.digest()


def _record_header(kind: ObjectType, size_bytes: int) -> bytes:
    """Four bits of the size beside the kind, then seven per byte, lowest first."""
    byte, rest = (kind << 4) | (size_bytes & 0x0F), size_bytes >> 4
    header = bytearray()
    while rest:
        header.append(byte | 0x80)
        byte, rest = rest & 0x7F, rest >> 7
    header.append(byte)
    return bytes(header)


def _index(objects: dict[bytes, tuple[int, int]], pack_checksum: bytes) -> bytes:
    oids = sorted(objects)
    content = b"".join((
        _INDEX_MAGIC,
        _fanout(oids),
        b"".join(oids),
        struct.pack(f">{len(oids)}I", *(objects[oid][0] for oid in oids)),
        _offsets([objects[oid][1] for oid in oids]),
        pack_checksum,
    ))  # fmt: skip
    return content + hashlib.sha1(content, usedforsecurity=False).digest()


def _fanout(sorted_oids: list[bytes]) -> bytes:
    counts = [0] * 256
    for oid in sorted_oids:
        counts[oid[0]] += 1
    for first_byte in range(1, 256):
        counts[first_byte] += counts[first_byte - 1]
    return struct.pack(">256I", *counts)


def _offsets(offsets: list[int]) -> bytes:
    """31 bits each; larger ones stand in a second table and are named by their place there."""
    small: list[int] = []
    large: list[int] = []
    for offset in offsets:
        if offset < _LARGE_OFFSET:
            small.append(offset)
        else:
            small.append(_LARGE_OFFSET | len(large))
            large.append(offset)
    return struct.pack(f">{len(small)}I", *small) + struct.pack(f">{len(large)}Q", *large)


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o444)
