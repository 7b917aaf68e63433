"""How libgit2 is set up, and how its errors about a full disk become ours. Knows nothing of repos."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pygit2
from pygit2.enums import ConfigLevel, ObjectType, Option

from holdfast.base.errors import StorageFull

OBJECT_CACHE_BYTES = 32 * 1024 * 1024
"""libgit2's own default is 256 MiB, more than the whole idle server may use."""
OPEN_PACKS = 256
"""Over all handles; libgit2 would keep every pack of every idle handle open, until no file can be opened any more."""
CACHED_TREE_BYTES = 512 * 1024
"""libgit2's own default of 4 KiB would parse a folder of 1000 files anew for each file looked up in it."""

_DISK_FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT}
_LEAST_ROOM_BYTES = 16 * 1024
_DISK_FULL_TEXTS = ("No space left on device", "Disk quota exceeded")
_FOREIGN_CONFIG = (ConfigLevel.PROGRAMDATA, ConfigLevel.SYSTEM, ConfigLevel.XDG, ConfigLevel.GLOBAL)


def configure_libgit2() -> None:
    """Set the process-wide options: durable writes, no foreign configuration, bounded memory. Idempotent.

    Objects are not re-hashed on every read: transports check what comes in, `maintenance.verify` what lies here.
    """
    pygit2.option(Option.ENABLE_FSYNC_GITDIR, True)  # noqa: FBT003 - libgit2's calling convention
    pygit2.option(Option.ENABLE_STRICT_HASH_VERIFICATION, False)  # noqa: FBT003
    pygit2.option(Option.SET_OWNER_VALIDATION, False)  # noqa: FBT003 - a mounted volume may belong to another uid
    pygit2.option(Option.SET_CACHE_MAX_SIZE, OBJECT_CACHE_BYTES)
    pygit2.option(Option.SET_CACHE_OBJECT_LIMIT, ObjectType.TREE, CACHED_TREE_BYTES)
    pygit2.option(Option.SET_MWINDOW_FILE_LIMIT, OPEN_PACKS)
    for level in _FOREIGN_CONFIG:
        pygit2.option(Option.SET_SEARCH_PATH, level, "")


@contextmanager
def disk_full_as_storage_full(folder: Path) -> Iterator[None]:
    """Translate a full disk or an exhausted quota, in whichever form it arrives.

    Args:
        folder: where is written.

    Raises:
        StorageFull: instead of the OSError or GitError; any other error passes unchanged.
    """
    try:
        yield
    except (OSError, pygit2.GitError) as error:
        if _says_disk_full(error) or (_says_nothing(error) and _has_no_room(folder)):
            raise StorageFull from error
        raise


def _says_disk_full(error: Exception) -> bool:
    if isinstance(error, OSError) and error.errno in _DISK_FULL_ERRNOS:
        return True
    return any(text in str(error) for text in _DISK_FULL_TEXTS)


def _says_nothing(error: Exception) -> bool:
    """True for libgit2's failures of which only `no error` or a sentence without reason is left."""
    return not isinstance(error, OSError) or error.errno is None


def _has_no_room(folder: Path) -> bool:
    disk = os.statvfs(folder)
    no_inode = disk.f_files > 0 and disk.f_favail == 0  # btrfs counts none at all
    return no_inode or disk.f_bavail * disk.f_frsize < _LEAST_ROOM_BYTES
