"""Writing one object as a file of its own.

libgit2 could do it, but forgets why a write failed: here a full disk stays a full disk.
Source: git's Documentation/gitrepository-layout.txt.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path

from pygit2.enums import ObjectType

_COMPRESSION_LEVEL = 1  # as libgit2 and git do for loose objects
_PLACING_ATTEMPTS = 100


def object_header(kind: ObjectType, size_bytes: int) -> bytes:
    """What precedes the content, in the file and in the hash."""
    return b"%b %d\0" % (kind.name.lower().encode(), size_bytes)


def object_oid(kind: ObjectType, content: bytes) -> bytes:
    """The 20-byte oid of an object."""
    digest = hashlib.sha1(object_header(kind, len(content)), usedforsecurity=False)
    digest.update(content)
    return digest.digest()


def write_loose_object(objects: Path, kind: ObjectType, oid: bytes, content: bytes) -> None:
    """Store an object durably; one that is there already is made young again, so that no prune takes it.

    Args:
        objects: the repo's `objects` folder.
        kind: of the object.
        oid: 20 bytes; must be the content's.
        content: the object without header.
    """
    name = oid.hex()
    path = objects / name[:2] / name[2:]
    try:
        os.utime(path)
    except FileNotFoundError:
        compressor = zlib.compressobj(_COMPRESSION_LEVEL)
        head = compressor.compress(object_header(kind, len(content)))
        _publish(objects, path, head + compressor.compress(content) + compressor.flush())


def _publish(objects: Path, path: Path, stored: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix="tmp_obj_", dir=objects)  # `git prune` knows that prefix
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            view = memoryview(stored)
            while view:
                view = view[file.write(view) :]
            os.fchmod(file.fileno(), 0o444)
            os.fsync(file.fileno())
        _place(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _place(temporary: str, path: Path) -> None:
    """Rename into a folder that a repack may remove at any moment while it is empty."""
    for _ in range(_PLACING_ATTEMPTS):
        path.parent.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            os.rename(temporary, path)
            break
    else:
        raise FileNotFoundError(path.parent)
    with suppress(FileNotFoundError):  # then the object is in a pack already
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
