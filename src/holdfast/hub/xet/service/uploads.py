"""Receives xorbs: collect, check completely, make durable, then record.

A xorb alone grants nothing: it becomes readable when a shard names it in a file.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass

from holdfast.backends.blobs.protocol import BlobStore, BlobWriter
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import CorruptObject, Overloaded, TooLarge
from holdfast.hub.xet import store
from holdfast.hub.xet.domain import StoredXorb, sidecar_key, xorb_key
from holdfast.hub.xet.formats.hashes import XetHash
from holdfast.hub.xet.formats.xorb import MAX_XORB_BYTES, read_xorb
from holdfast.hub.xet.formats.xorb_index import XorbIndex
from holdfast.hub.xet.service.xorb_files import XorbFiles


class XorbReceiver:
    """Collects one body. Use as a context manager: what was not stored in the end is forgotten."""

    def __init__(self, name: XetHash, writer: BlobWriter) -> None:
        self.name = name
        self.writer = writer

    def __enter__(self) -> XorbReceiver:
        return self

    def __exit__(self, *_: object) -> None:
        self.writer.discard()

    def write(self, batch: bytes | bytearray | memoryview) -> None:
        """Append.

        Raises:
            TooLarge: more bytes than any xorb has.
            StorageFull: no room.
        """
        if self.writer.size_bytes + len(batch) > MAX_XORB_BYTES:
            raise TooLarge(what="The xorb", limit=f"{MAX_XORB_BYTES} bytes")
        self.writer.write(batch)

    def check(self) -> XorbIndex:
        """Check what was collected and cut off an old client's footer.

        Raises:
            CorruptObject: it is not the xorb of that name.
        """
        if self.writer.size_bytes == 0:
            raise CorruptObject(problem="is empty")
        # Not closed here: an error's traceback still holds views of it. It goes with its last reference.
        body = mmap.mmap(self.writer.fileno(), self.writer.size_bytes, prot=mmap.PROT_READ)
        index = read_xorb(memoryview(body), self.name)
        self.writer.truncate(index.stored_size)
        return index


@dataclass(frozen=True)
class XorbUploads:
    """Takes in xorbs."""

    database: Database
    blobs: BlobStore
    files: XorbFiles
    clock: Clock

    def is_stored(self, name: XetHash) -> bool:
        """Whether a xorb is recorded and its bytes are there."""
        with self.database.read() as connection:
            known = store.find_xorbs(connection, [name]).get(name)
        found = self.blobs.stat(xorb_key(name))
        return known is not None and found is not None and found.size_bytes == known.stored_bytes

    def offer(self, name: XetHash) -> bool:
        """Note that a client offers a xorb again. False: it is not here, and its bytes are needed."""
        if not self.is_stored(name):
            return False
        with self.database.write() as connection:
            return store.touch_xorbs(connection, [name], self.clock()) == 1

    def begin(self, name: XetHash) -> XorbReceiver:
        """Start to collect a xorb.

        Raises:
            StorageFull: no room.
        """
        return XorbReceiver(name, self.blobs.create())

    def finish(self, receiver: XorbReceiver) -> bool:
        """Check what was collected, store and record it; answers whether it was new.

        Raises:
            CorruptObject: it is not the xorb of that name.
            StorageFull: no room; nothing was kept.
            Overloaded: garbage collection got in between; sending again helps.
        """
        index = receiver.check()
        self.files.write_index(index)
        receiver.writer.publish(xorb_key(index.hash))
        self.files.cache.put(index)
        return self.record(index)

    def record(self, index: XorbIndex) -> bool:
        """Note that a validated xorb is durably stored; answers whether it was unknown."""
        now = self.clock()
        row = StoredXorb(index.hash, index.raw_size, index.stored_size, len(index), now, now, None)
        with self.database.write() as connection:
            is_new = store.record_xorb(connection, row)
            if any(self.blobs.stat(key) is None for key in (xorb_key(index.hash), sidecar_key(index.hash))):
                raise Overloaded
        return is_new
