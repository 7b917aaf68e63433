"""Writing objects as files of their own.

libgit2 could do it, but forgets why a write failed: here a full disk stays a full disk.
Source: git's Documentation/gitrepository-layout.txt.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import zlib
from collections.abc import Mapping
from contextlib import suppress
from io import FileIO
from pathlib import Path

from pygit2.enums import ObjectType

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
    root = str(objects)
    staged: dict[str, tuple[str, str]] = {}
    folders = set()
    try:
        for oid, (kind, content) in contents.items():
            folder, path = _place_of(root, oid)
            if not _refresh(path):
                staged[_stage(root, kind, content)] = (folder, path)
        while staged:
            temporary, (folder, path) = next(iter(staged.items()))
            folders |= _place(temporary, folder, path)
            del staged[temporary]
    finally:
        for temporary in staged:
            Path(temporary).unlink(missing_ok=True)
    for folder in folders:
        with suppress(FileNotFoundError):  # a repack took its objects into a pack already
            sync_folder(folder)


def _place_of(root: str, oid: bytes) -> tuple[str, str]:
    """Folder and file of an object."""
    name = oid.hex()
    folder = f"{root}/{name[:2]}"
    return folder, f"{folder}/{name[2:]}"


def _refresh(path: str) -> bool:
    """True when the file exists."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _stage(root: str, kind: ObjectType, content: bytes) -> str:
    """Write the file under a passing name, which it returns."""
    temporary = f"{root}/tmp_obj_{secrets.token_hex(8)}"  # noqa: S108 - the prefix that `git prune` knows
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            _write_all(file, zlib.compress(object_header(kind, len(content)) + content, _compression_level(kind)))
            os.fchmod(descriptor, 0o444)
            os.fsync(descriptor)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return temporary


def _compression_level(kind: ObjectType) -> int:
    # 1 is git's own for loose objects. Trees are mostly oids, which nothing compresses; to try takes longer than all
    # else in a commit to a folder of a thousand files. A repack finds what their names have in common.
    return 0 if kind == ObjectType.TREE else 1


def _write_all(file: FileIO, stored: bytes) -> None:
    rest = memoryview(stored)
    while rest:
        rest = rest[file.write(rest) :]


def _place(temporary: str, folder: str, path: str) -> set[str]:
    """Rename into a folder that a repack may remove at any moment while it is empty. Returns the folders to sync."""
    for _ in range(_PLACING_ATTEMPTS):
        changed = {folder}
        try:
            os.mkdir(folder)
            changed.add(str(Path(folder).parent))
        except FileExistsError:
            pass
        with suppress(FileNotFoundError):
            os.rename(temporary, path)
            return changed
    raise FileNotFoundError(folder)


def sync_folder(folder: str | Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
