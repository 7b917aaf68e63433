"""Writing objects as files of their own.

libgit2 could do it, but forgets why a write failed: here a full disk stays a full disk.
Source: git's Documentation/gitrepository-layout.txt.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from io import FileIO
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


def write_loose_objects(objects: Path, contents: Mapping[bytes, tuple[ObjectType, bytes]]) -> None:
    """Store objects durably; one that is there already is made young again, so that no prune takes it.

    All files are synced before any gets its name, so the file system can sync the names together.

    Args:
        objects: the repo's `objects` folder.
        contents: 20-byte oid → kind and content; the oids must be right.
    """
    staged: dict[str, Path] = {}
    try:
        for oid, (kind, content) in contents.items():
            path = _path(objects, oid)
            if not _refresh(path):
                staged[_stage(objects, kind, content)] = path
        for temporary, path in staged.items():
            _place(temporary, path)
    finally:
        for temporary in staged:
            Path(temporary).unlink(missing_ok=True)
    for folder in {path.parent for path in staged.values()}:
        with suppress(FileNotFoundError):  # a repack took its objects into a pack already
            sync_folder(folder)


def _path(objects: Path, oid: bytes) -> Path:
    name = oid.hex()
    return objects / name[:2] / name[2:]


def _refresh(path: Path) -> bool:
    """True when the file exists."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _stage(objects: Path, kind: ObjectType, content: bytes) -> str:
    """Write the file under a passing name, which it returns."""
    descriptor, temporary = tempfile.mkstemp(prefix="tmp_obj_", dir=objects)  # `git prune` knows that prefix
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            _write_all(file, zlib.compress(object_header(kind, len(content)) + content, _COMPRESSION_LEVEL))
            os.fchmod(descriptor, 0o444)
            os.fsync(descriptor)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return temporary


def _write_all(file: FileIO, stored: bytes) -> None:
    rest = memoryview(stored)
    while rest:
        rest = rest[file.write(rest) :]


def _place(temporary: str, path: Path) -> None:
    """Rename into a folder that a repack may remove at any moment while it is empty."""
    for _ in range(_PLACING_ATTEMPTS):
        path.parent.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            os.rename(temporary, path)
            return
    raise FileNotFoundError(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
