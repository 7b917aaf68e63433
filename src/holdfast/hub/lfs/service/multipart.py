"""Uploads in parts: each part is a blob of its own until the last call puts them together.

Nothing of this is in the database: the ticket says how the object is cut, and the parts lie under its random id.
Source: huggingface_hub 2.4.0 lfs.py `_upload_multi_part`, cli/lfs.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.backends.blobs.protocol import BlobStore, BlobWriter
from holdfast.base.clock import Clock, now_milliseconds
from holdfast.base.errors import CorruptObject, InvalidInput, ObjectNotFound, TooLarge
from holdfast.hub.lfs.domain import UPLOAD_LIFETIME_SECONDS
from holdfast.hub.lfs.service.transfers import TransferService
from holdfast.hub.lfs.tickets import PartedUpload
from holdfast.hub.objects.blobs import BlobReceiver

PARTS_FOLDER = "parts"
_COPY_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class MultipartService:
    """Receives parts and puts them together."""

    transfers: TransferService
    blobs: BlobStore
    clock: Clock = now_milliseconds

    def begin(self, parted: PartedUpload, number: int) -> PartReceiver:
        """Start to receive part `number`, counted from 1.

        Raises:
            InvalidInput: there is no such part.
        """
        if not 1 <= number <= parted.parts.count:
            raise InvalidInput(field="number", problem=f"must be a part from 1 to {parted.parts.count}")
        expected = parted.parts.expected_bytes(number, parted.upload.spec.size_bytes)
        return PartReceiver(self.blobs.create(), _key(parted.upload_id, number), expected)

    def received(self, parted: PartedUpload) -> list[int]:
        """The numbers of the parts that are here already, in order."""
        found = {int(blob.key.rpartition("/")[2]) for blob in self.blobs.list(f"{PARTS_FOLDER}/{parted.upload_id}")}
        return sorted(found)

    def complete(self, parted: PartedUpload, numbers: Sequence[int]) -> None:
        """Put all parts together, check the whole and store it; then the parts are dropped.

        Doing it again after success is no error, because clients retry.

        Raises:
            InvalidInput: `numbers` are not all parts in order.
            ObjectNotFound: a part was never sent, and the object is not stored either.
            CorruptObject: the whole is not what was announced.
        """
        if list(numbers) != list(range(1, parted.parts.count + 1)):
            raise InvalidInput(field="parts", problem=f"must name parts 1 to {parted.parts.count} in order")
        if self._is_done(parted):
            return
        self._require_parts(parted)
        try:
            self._join(parted)
        except CorruptObject:
            self._drop(parted)  # else whoever takes the upload up again would never get further
            raise
        self._drop(parted)

    def _join(self, parted: PartedUpload) -> None:
        with self.transfers.begin(parted.upload) as receiver:
            for number in range(1, parted.parts.count + 1):
                self._copy(_key(parted.upload_id, number), receiver)
            self.transfers.finish(parted.upload, receiver)

    def remove_stale(self) -> int:
        """Drop parts whose tickets have expired; returns how many. For the start of the server and for `gc`."""
        horizon = self.clock() - 2 * UPLOAD_LIFETIME_SECONDS * 1000
        stale = [found.key for found in self.blobs.list(PARTS_FOLDER) if found.modified_at < horizon]
        for key in stale:
            self.blobs.delete(key)
        return len(stale)

    def _is_done(self, parted: PartedUpload) -> bool:
        try:
            self.transfers.verify(parted.upload, parted.upload.spec)
        except ObjectNotFound:
            return False
        self._drop(parted)
        return True

    def _require_parts(self, parted: PartedUpload) -> None:
        for number in range(1, parted.parts.count + 1):
            if self.blobs.stat(_key(parted.upload_id, number)) is None:
                raise InvalidInput(field="parts", problem=f"lacks part {number}: it was not received")

    def _copy(self, key: str, receiver: BlobReceiver) -> None:
        part = self.blobs.open(key)
        try:
            for offset in range(0, part.size_bytes, _COPY_BYTES):
                receiver.write(part.pread(_COPY_BYTES, offset))
        finally:
            part.close()

    def _drop(self, parted: PartedUpload) -> None:
        for number in range(1, parted.parts.count + 1):
            self.blobs.delete(_key(parted.upload_id, number))


class PartReceiver:
    """Receives one part, of a size that is known."""

    def __init__(self, writer: BlobWriter, key: str, size_bytes: int) -> None:
        self._writer = writer
        self._key = key
        self._hash = hashlib.blake2b(digest_size=16, usedforsecurity=False)
        self.size_bytes = size_bytes

    def write(self, batch: bytes | bytearray | memoryview) -> None:
        """Append bytes. Raises TooLarge beyond the part's size, StorageFull."""
        if self._writer.size_bytes + len(batch) > self.size_bytes:
            raise TooLarge(what="The part", limit=f"{self.size_bytes} bytes")
        self._hash.update(batch)
        self._writer.write(batch)

    def finish(self) -> str:
        """Store the part and return its entity tag, without quotes. Raises CorruptObject for too few bytes."""
        if self._writer.size_bytes != self.size_bytes:
            raise CorruptObject(problem=f"has {self._writer.size_bytes} bytes; this part has {self.size_bytes}")
        self._writer.publish(self._key)
        return self._hash.hexdigest()

    def discard(self) -> None:
        """Forget the bytes, unless stored."""
        self._writer.discard()


def _key(upload_id: str, number: int) -> str:
    return f"{PARTS_FOLDER}/{upload_id}/{number:05d}"
