"""Local disk driver: write to `tmp/` on the same file system, fsync, rename, fsync the folder.

A file in `tmp/` is locked by whoever writes it, until that process ends: so a start knows which ones to remove.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from stat import S_ISREG

from holdfast.backends.blobs.protocol import BlobStat
from holdfast.base.errors import ObjectNotFound, StorageFull

_KEY = re.compile(r"[a-z0-9_-][a-z0-9._-]*(/[a-z0-9_-][a-z0-9._-]*)*")


class LocalBlobStore:
    """Blobs as files under one folder. Several processes may share it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "tmp"
        self._incoming.mkdir(parents=True, exist_ok=True)
        self._remove_abandoned()

    def create(self) -> _LocalWriter:
        """See `BlobStore.create`."""
        return _LocalWriter(self, self._incoming)

    def open(self, key: str) -> _LocalReader:
        """See `BlobStore.open`."""
        try:
            return _LocalReader(self.path(key).open("rb", buffering=0))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise ObjectNotFound(oid=key) from error

    def stat(self, key: str) -> BlobStat | None:
        """See `BlobStore.stat`."""
        try:
            status = self.path(key).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not S_ISREG(status.st_mode):
            return None
        return BlobStat(key, status.st_size, status.st_mtime_ns // 1_000_000)

    def delete(self, key: str) -> None:
        """See `BlobStore.delete`."""
        self.path(key).unlink(missing_ok=True)

    def list(self, prefix: str) -> Iterator[BlobStat]:
        """See `BlobStore.list`."""
        for folder, _, names in os.walk(self.path(prefix)):
            for name in names:
                found = self.stat(str((Path(folder) / name).relative_to(self._root)))
                if found is not None:
                    yield found

    def path(self, key: str) -> Path:
        """The file of a key, whether or not it exists."""
        if not _KEY.fullmatch(key):
            raise ValueError(f"not a blob key: {key!r}")
        return self._root / key

    def _remove_abandoned(self) -> None:
        for path in self._incoming.iterdir():
            if _is_abandoned(path):
                path.unlink(missing_ok=True)


class _LocalWriter:
    def __init__(self, store: LocalBlobStore, folder: Path) -> None:
        self.size_bytes = 0
        self._store = store
        with translated_disk_errors():
            self._path, self._file = _create_locked(folder)
        self._done = False

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        try:
            with translated_disk_errors():
                self._write_all(memoryview(chunk))
        except BaseException:
            self.discard()
            raise

    def truncate(self, size_bytes: int) -> None:
        if size_bytes < self.size_bytes:
            os.truncate(self._file, size_bytes)
            os.lseek(self._file, size_bytes, os.SEEK_SET)
            self.size_bytes = size_bytes

    def fileno(self) -> int:
        return self._file

    def publish(self, key: str) -> None:
        if self._done:
            return
        target = self._store.path(key)
        try:
            with translated_disk_errors():
                os.fsync(self._file)
                _make_folder(target.parent)
                self._move(target)
                _sync_folder(target.parent)
        finally:
            self.discard()

    def discard(self) -> None:
        if self._done:
            return
        self._done = True
        os.close(self._file)
        self._file = -1
        self._path.unlink(missing_ok=True)

    def _move(self, target: Path) -> None:
        # What is there stays, made young again; unless a broken disk or copy cut it short.
        try:
            if target.stat().st_size == self.size_bytes:
                os.utime(target)
                return
        except FileNotFoundError:
            pass
        self._path.replace(target)

    def _write_all(self, view: memoryview) -> None:
        while view.nbytes:
            written = os.write(self._file, view)
            self.size_bytes += written
            view = view[written:]

    def __del__(self) -> None:
        # A writer that its owner forgot, e.g. because the client went away, leaves no bytes behind.
        if hasattr(self, "_done"):
            self.discard()


class _LocalReader:
    def __init__(self, file: FileIO) -> None:
        self._file = file
        self.size_bytes = os.fstat(file.fileno()).st_size

    def pread(self, length: int, offset: int) -> bytes:
        return os.pread(self._file.fileno(), length, offset)

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()

    def __del__(self) -> None:
        # A response that is never sent must not warn about its open file.
        self._file.close()


@contextmanager
def translated_disk_errors() -> Iterator[None]:
    """Turn a full disk or quota into StorageFull; other system errors pass."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StorageFull from error
        raise


def _create_locked(folder: Path) -> tuple[Path, int]:
    """Make a file under a random name and lock it; the lock ends with its descriptor."""
    while True:
        path = folder / secrets.token_hex(16)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        if _lock(descriptor) and os.fstat(descriptor).st_nlink:
            return path, descriptor
        os.close(descriptor)  # a process that starts just now looked at it before it was locked, and removes it


def _is_abandoned(path: Path) -> bool:
    """Whether nobody writes this file any more."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return _lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _make_folder(folder: Path) -> None:
    """Make a folder and its missing parents, each of them durable: a folder's entry lives in its parent."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
