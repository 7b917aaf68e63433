"""Adding objects to a repo: a few become loose files, many become one pack."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

import pygit2
from pygit2.enums import ObjectType

from holdfast.hub.repos.git_storage.blob_facts import remember_blob
from holdfast.hub.repos.git_storage.libgit2 import disk_full_as_storage_full
from holdfast.hub.repos.git_storage.loose_objects import object_oid, write_loose_objects
from holdfast.hub.repos.git_storage.packs import PackWriter

MAX_LOOSE_OBJECTS = 24
"""Each loose object costs a sync of its own; beyond this a pack is quicker even with its fixed three."""
MAX_BUFFERED_BYTES = 16 * 1024 * 1024


class ObjectWriter:
    """Collects new objects and makes all of them visible, durably, when the `with` block ends well.

    An exception inside the block leaves nothing behind. Not for use by two threads.

    Raises:
        StorageFull: from any method.
    """

    def __init__(self, repo: pygit2.Repository) -> None:
        self._objects = Path(repo.path) / "objects"
        self._buffer: dict[bytes, tuple[ObjectType, bytes]] = {}
        self._buffered_bytes = 0
        self._pack: PackWriter | None = None

    def write(self, kind: ObjectType, content: bytes) -> bytes:
        """Add an object and return its 20-byte oid."""
        oid = object_oid(kind, content)
        if kind == ObjectType.BLOB:
            remember_blob(oid, content)
        if self._pack:
            with disk_full_as_storage_full(self._objects):
                self._pack.add(kind, oid, content)
        elif oid not in self._buffer:
            self._buffer[oid] = (kind, content)
            self._buffered_bytes += len(content)
            if len(self._buffer) > MAX_LOOSE_OBJECTS or self._buffered_bytes > MAX_BUFFERED_BYTES:
                self._start_pack()
        return oid

    def write_blob(self, content: bytes) -> str:
        """Add a blob and return its oid, 40 hex digits."""
        return self.write(ObjectType.BLOB, content).hex()

    def __enter__(self) -> ObjectWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                with disk_full_as_storage_full(self._objects):
                    self._publish()
        finally:
            if self._pack:
                self._pack.abandon()

    def _start_pack(self) -> None:
        with disk_full_as_storage_full(self._objects):
            self._pack = PackWriter(self._objects / "pack")
            for oid, (kind, content) in self._buffer.items():
                self._pack.add(kind, oid, content)
        self._buffer.clear()

    def _publish(self) -> None:
        if self._pack:
            self._pack.finish()
            return
        write_loose_objects(self._objects, self._buffer)


def write_blobs(repo: pygit2.Repository, contents: Iterable[bytes]) -> list[str]:
    """Store blobs durably and return their oids in the same order. `contents` may be a stream.

    Raises:
        StorageFull: nothing was kept.
    """
    with ObjectWriter(repo) as writer:
        return [writer.write_blob(content) for content in contents]
