"""A content store on a temporary disk, with a clock that tests turn."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from holdfast.backends.blobs.local import LocalBlobStore
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import now_milliseconds
from holdfast.hub.objects.blobs import BlobSource, blob_key
from holdfast.hub.objects.domain import ObjectKind
from holdfast.hub.objects.service import ObjectService
from tests.factories.databases import open_test_database

NOW = now_milliseconds()
"""The moment of the test: the disk stamps blobs with the real time."""


@dataclass
class ObjectStore:
    database: Database
    blobs: LocalBlobStore
    service: ObjectService
    now: list[int] = field(default_factory=lambda: [NOW])

    def put(self, data: bytes, repo_key: int | None = None) -> str:
        """Store a blob as an upload does, and link it."""
        sha256 = hashlib.sha256(data).hexdigest()
        writer = self.blobs.create()
        writer.write(data)
        writer.publish(blob_key(sha256))
        with self.database.write() as connection:
            self.service.record(connection, sha256, len(data), ObjectKind.BLOB)
            if repo_key is not None:
                self.service.link(connection, repo_key, [sha256])
        return sha256


@pytest.fixture
def objects(tmp_path: Path):
    database = open_test_database(tmp_path)
    blobs = LocalBlobStore(tmp_path / "blobs")
    now = [NOW]
    service = ObjectService(database, {ObjectKind.BLOB: BlobSource(blobs)}, lambda: now[0])
    yield ObjectStore(database, blobs, service, now)
    database.close()
