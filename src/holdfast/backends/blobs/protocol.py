"""What every blob driver promises.

* A key is `/`-separated words of `[a-z0-9._-]`; a blob never changes: publishing an existing key keeps the old bytes
  and makes `modified_at` new (a driver that finds the old blob cut short replaces it).
* Nothing is visible before `publish` returns; afterwards it survives a power cut.
* A writer that failed, was discarded or was forgotten leaves nothing behind.
* Deleting a missing key is no error. Reading one raises `ObjectNotFound`. A full disk raises `StorageFull`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class BlobStat:
    """One stored blob. `modified_at` is in milliseconds since 1970."""

    key: str
    size_bytes: int
    modified_at: int


class BlobWriter(Protocol):
    """A blob being written. End it with `publish` or `discard`; both are idempotent afterwards."""

    size_bytes: int

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append bytes."""
        ...

    def truncate(self, size_bytes: int) -> None:
        """Drop what was written beyond `size_bytes`."""
        ...

    def fileno(self) -> int:
        """A descriptor of the bytes so far, for mmap before `publish`: every driver collects them on this machine."""
        ...

    def publish(self, key: str) -> None:
        """Make the bytes durable and visible under `key`."""
        ...

    def discard(self) -> None:
        """Forget the bytes, unless published."""
        ...


class BlobReader(Protocol):
    """An open blob; stays readable when the key is deleted meanwhile."""

    size_bytes: int

    def pread(self, length: int, offset: int) -> bytes:
        """Read up to `length` bytes at `offset`; shorter only at the end."""
        ...

    def close(self) -> None:
        """Release it."""
        ...


class BlobStore(Protocol):
    """Bytes under keys."""

    def create(self) -> BlobWriter:
        """Begin a new blob."""
        ...

    def open(self, key: str) -> BlobReader:
        """Open for reading at any offset. Raises ObjectNotFound."""
        ...

    def stat(self, key: str) -> BlobStat | None:
        """Size and age, or None when missing."""
        ...

    def delete(self, key: str) -> None:
        """Remove; a missing key is no error."""
        ...

    def list(self, prefix: str) -> Iterator[BlobStat]:
        """Every blob whose key begins with the folder `prefix`, in any order."""
        ...


@runtime_checkable
class HasDescriptor(Protocol):
    """Optional ability of a reader: the blob is a file of this machine, open under a descriptor (for sendfile)."""

    def fileno(self) -> int:
        """The descriptor; it belongs to the reader."""
        ...
