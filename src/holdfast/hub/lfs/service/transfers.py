"""Transfers of whole objects: receive, record, verify, open."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.backends.blobs.protocol import BlobStore
from holdfast.backends.database.protocol import Database
from holdfast.base.errors import CorruptObject, ObjectNotFound, Overloaded
from holdfast.hub.lfs.domain import ObjectSpec
from holdfast.hub.lfs.tickets import Upload
from holdfast.hub.objects.blobs import BlobReceiver, blob_key
from holdfast.hub.objects.domain import ObjectKind, ObjectReader
from holdfast.hub.objects.service import ObjectService


@dataclass(frozen=True)
class TransferService:
    """Carries out what tickets allow; whoever holds one needs no other permission."""

    database: Database
    objects: ObjectService
    blobs: BlobStore

    def begin(self, upload: Upload) -> BlobReceiver:
        """Start to receive an object; end it with `finish` or the receiver's `discard`.

        Raises:
            StorageFull: no room.
        """
        return BlobReceiver(self.blobs, upload.spec.oid, upload.spec.size_bytes)

    def finish(self, upload: Upload, receiver: BlobReceiver) -> None:
        """Check what was received, store it unless it is here already, and link it to the repo.

        Raises:
            CorruptObject: the bytes are not those announced.
            StorageFull: no room; nothing was kept.
            Overloaded: garbage collection got in between; sending again helps.
        """
        receiver.check()
        with self.database.read() as connection:
            known = upload.spec.oid in self.objects.known(connection, [upload.spec.oid])
        if known and self._link_known(upload):
            return
        receiver.finish()
        self._record(upload)

    def verify(self, upload: Upload, claimed: ObjectSpec) -> None:
        """Confirm that an upload arrived.

        Raises:
            ObjectNotFound: the repo does not have it.
            CorruptObject: the client names another object or size than its ticket.
        """
        if claimed != upload.spec:
            raise CorruptObject(field="oid", problem=f"or size differs from the upload of {upload.spec.oid}")
        with self.database.read() as connection:
            if not self.objects.linked(connection, upload.repo_key, [claimed.oid]):
                raise ObjectNotFound(oid=claimed.oid)

    def open(self, spec: ObjectSpec) -> ObjectReader:
        """Open what a download ticket allows to read. Raises ObjectNotFound when it was deleted meanwhile."""
        return self.objects.open(spec.oid)

    def _link_known(self, upload: Upload) -> bool:
        with self.database.write() as connection:
            if upload.spec.oid not in self.objects.known(connection, [upload.spec.oid]):
                return False
            self.objects.link(connection, upload.repo_key, [upload.spec.oid])
            return True

    def _record(self, upload: Upload) -> None:
        spec = upload.spec
        with self.database.write() as connection:
            # The bytes were published just now; garbage collection, which works in a transaction of its own, may have
            # taken them for those of an object that it had deleted.
            if self.blobs.stat(blob_key(spec.oid)) is None:
                raise Overloaded
            self.objects.record(connection, spec.oid, spec.size_bytes, ObjectKind.BLOB)
            self.objects.link(connection, upload.repo_key, [spec.oid])
