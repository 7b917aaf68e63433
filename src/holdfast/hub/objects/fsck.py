"""Compares what the tables say with what lies on the disk, and adopts blobs that no table knows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from holdfast.backends.blobs.protocol import BlobStat, BlobStore
from holdfast.backends.database.protocol import Database
from holdfast.base.errors import ObjectNotFound
from holdfast.base.ids import SHA256_PATTERN
from holdfast.hub.objects import store
from holdfast.hub.objects.blobs import BLOB_FOLDER, BlobSource, blob_key
from holdfast.hub.objects.domain import ObjectKind, StoredObject
from holdfast.hub.objects.service import ObjectService

_PAGE = 2000


class Fault(Enum):
    """What is wrong. ORPHAN is harmless: garbage collection or `adopt` deals with it."""

    MISSING = "missing"
    WRONG_SIZE = "wrong-size"
    CORRUPT = "corrupt"
    ORPHAN = "orphan"


@dataclass(frozen=True)
class Finding:
    """One fault of one stored blob; `explanation` is a sentence for the administrator."""

    sha256: str
    fault: Fault
    explanation: str


@dataclass(frozen=True)
class BlobInspector:
    """Checks plain blobs; Xet files are checked by `hub.xet`."""

    database: Database
    blobs: BlobStore
    objects: ObjectService

    def check(self, *, deep: bool = False) -> Iterator[Finding]:
        """Yield every fault; `deep` also reads and hashes every byte."""
        for target in self._recorded():
            finding = self._check_one(target, deep=deep)
            if finding is not None:
                yield finding
        for found in self._orphans():
            explanation = "Bytes without a row: an upload was interrupted, or a row was lost."
            yield Finding(_sha256(found), Fault.ORPHAN, explanation)

    def adopt(self) -> int:
        """Hash blobs without a row and record those that are what their name says; returns how many.

        For rebuilding the tables. It links nothing: that follows from what the repos' commits name.
        """
        adopted = 0
        for found in self._orphans():
            sha256 = _sha256(found)
            if self._hash(sha256) == sha256:
                with self.database.write() as connection:
                    self.objects.record(connection, sha256, found.size_bytes, ObjectKind.BLOB)
                adopted += 1
        return adopted

    def _check_one(self, target: StoredObject, *, deep: bool) -> Finding | None:
        found = self.blobs.stat(blob_key(target.sha256))
        if found is None:
            return Finding(target.sha256, Fault.MISSING, "A row without its bytes: restore them from a backup.")
        if found.size_bytes != target.size_bytes:
            problem = f"{found.size_bytes} bytes are stored, {target.size_bytes} were recorded."
            return Finding(target.sha256, Fault.WRONG_SIZE, problem)
        if deep and self._hash(target.sha256) != target.sha256:
            return Finding(target.sha256, Fault.CORRUPT, "The stored bytes have another SHA-256.")
        return None

    def _recorded(self) -> Iterator[StoredObject]:
        after = ("", "")
        while True:
            with self.database.read() as connection:
                page = store.scan(connection, ObjectKind.BLOB, after, _PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = (page[-1].sha256, page[-1].kind.value)

    def _orphans(self) -> Iterator[BlobStat]:
        with self.database.read() as connection:
            for found in self.blobs.list(BLOB_FOLDER):
                sha256 = _sha256(found)
                kinds = self.objects.kinds(connection, [sha256]).get(sha256, frozenset())
                if SHA256_PATTERN.fullmatch(sha256) and ObjectKind.BLOB not in kinds:
                    yield found

    def _hash(self, sha256: str) -> str | None:
        try:
            reader = BlobSource(self.blobs).open(sha256)
        except ObjectNotFound:
            return None
        digest = hashlib.sha256()
        try:
            for piece in reader.read(0, reader.size_bytes):
                digest.update(piece)
        finally:
            reader.close()
        return digest.hexdigest()


def _sha256(found: BlobStat) -> str:
    return found.key.rpartition("/")[2]
