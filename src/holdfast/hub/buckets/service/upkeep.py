"""What garbage collection and `fsck` ask of buckets, and what accounts do."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.backends.database.protocol import Database
from holdfast.hub.buckets.domain import EMPTY_SHA256, Bucket
from holdfast.hub.buckets.store import buckets, files
from holdfast.hub.objects.service import ObjectService


def count_buckets(connection: Connection, namespace_id: int) -> int:
    """How many buckets a namespace has, private ones too: nobody but insiders may learn it."""
    return buckets.count_buckets(connection, namespace_id)


@dataclass(frozen=True)
class BucketUpkeep:
    """Reads all buckets. `reachable` makes it an `objects.garbage.LiveObjects`."""

    database: Database
    objects: ObjectService

    def reachable(self) -> Iterator[tuple[int, Collection[str]]]:
        """See `LiveObjects.reachable`: what the files of each bucket have."""
        for bucket in self._all():
            with self.database.read() as connection:
                yield bucket.holder, files.all_objects(connection, bucket.key)

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield each bucket that has files without bytes, and a sentence for the administrator."""
        for bucket in self._all():
            with self.database.read() as connection:
                named = files.all_objects(connection, bucket.key) - {EMPTY_SHA256}
                missing = named - self.objects.linked(connection, bucket.holder, named).keys()
            if missing:
                yield f"bucket {bucket.id}", f"{len(missing)} of its objects are not stored: restore a backup."

    def _all(self) -> list[Bucket]:
        with self.database.read() as connection:
            return buckets.all_buckets(connection)
