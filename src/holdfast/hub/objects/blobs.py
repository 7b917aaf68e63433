"""Objects that are plain blobs: where they lie, reading and writing them. Knows no SQL."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.backends.blobs.protocol import BlobReader, BlobStore, BlobWriter, HasDescriptor
from holdfast.base.errors import CorruptObject, DamagedObject, ObjectNotFound, TooLarge

BLOB_FOLDER = "lfs"
READ_BYTES = 1024 * 1024


def blob_key(sha256: str) -> str:
    """The blob's key: `lfs/ab/cd/<sha256>`, so that no folder grows beyond some thousands of files."""
    return f"{BLOB_FOLDER}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


@dataclass(frozen=True)
class BlobSource:
    """Opens plain blobs; an `ObjectSource`."""

    blobs: BlobStore

    def open(self, sha256: str) -> BlobObjectReader:
        """See `ObjectSource.open`."""
        try:
            return BlobObjectReader(self.blobs.open(blob_key(sha256)))
        except ObjectNotFound as error:
            raise ObjectNotFound(oid=sha256) from error


class BlobObjectReader:
    """An opened plain blob; an `ObjectReader`."""

    def __init__(self, reader: BlobReader) -> None:
        self._reader = reader
        self.size_bytes = reader.size_bytes

    @property
    def descriptor(self) -> int | None:
        """See `ObjectReader.descriptor`."""
        return self._reader.fileno() if isinstance(self._reader, HasDescriptor) else None

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """See `ObjectReader.read`."""
        position = start
        while position < end:
            piece = self._reader.pread(min(READ_BYTES, end - position), position)
            if not piece:
                raise DamagedObject
            position += len(piece)
            yield piece

    def close(self) -> None:
        """See `ObjectReader.close`."""
        self._reader.close()


class BlobReceiver:
    """Receives one object whose SHA-256 and size were announced, and stores nothing that differs.

    Use as a context manager: leaving it without `finish` forgets the bytes. Not for several threads at once.
    """

    def __init__(self, blobs: BlobStore, sha256: str, size_bytes: int) -> None:
        self._sha256 = sha256
        self._size_bytes = size_bytes
        self._hash = hashlib.sha256()
        self._writer: BlobWriter = blobs.create()

    def __enter__(self) -> BlobReceiver:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def discard(self) -> None:
        """Forget the bytes, unless `finish` succeeded."""
        self._writer.discard()

    def write(self, batch: bytes | bytearray | memoryview) -> None:
        """Hash and append; both release the interpreter's lock for large batches.

        Raises:
            TooLarge: more bytes than announced.
            StorageFull: no room.
        """
        if self._writer.size_bytes + len(batch) > self._size_bytes:
            raise TooLarge(what="The uploaded file", limit=f"{self._size_bytes} bytes announced for it")
        self._hash.update(batch)
        self._writer.write(batch)

    def check(self) -> None:
        """Compare what was received with what was announced.

        Raises:
            CorruptObject: fewer bytes than announced, or another SHA-256.
        """
        if self._writer.size_bytes != self._size_bytes:
            raise CorruptObject(problem=f"has {self._writer.size_bytes} bytes; {self._size_bytes} were announced")
        if self._hash.hexdigest() != self._sha256:
            raise CorruptObject(problem=f"has SHA-256 {self._hash.hexdigest()}; {self._sha256} was announced")

    def finish(self) -> None:
        """Check the bytes and make them durable under their SHA-256. Raises CorruptObject as `check` does."""
        self.check()
        self._writer.publish(blob_key(self._sha256))
