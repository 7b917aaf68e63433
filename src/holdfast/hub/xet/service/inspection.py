"""Compares the tables of Xet with what lies on the disk, and makes again what can be made again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.backends.blobs.protocol import BlobStore
from holdfast.backends.database.protocol import Database
from holdfast.base.errors import CorruptObject, DamagedObject
from holdfast.hub.objects.domain import ObjectKind
from holdfast.hub.objects.fsck import Fault
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.xet import store
from holdfast.hub.xet.domain import SIDECAR_SUFFIX, XORB_FOLDER, StoredXorb, XetFile, XorbUsage, xorb_key
from holdfast.hub.xet.formats.hashes import XetHash, hash_to_text
from holdfast.hub.xet.formats.terms import hash_of_terms, unpack_terms
from holdfast.hub.xet.formats.xorb_index import XorbIndex
from holdfast.hub.xet.service.garbage import name_of
from holdfast.hub.xet.service.recipes import Recipes
from holdfast.hub.xet.service.uploads import XorbUploads
from holdfast.hub.xet.service.xorb_files import XorbFiles

_PAGE = 500


@dataclass(frozen=True)
class XetFinding:
    """One fault; `subject` is the hash of a xorb or of a file, `explanation` a sentence for the administrator."""

    subject: str
    fault: Fault
    explanation: str


@dataclass(frozen=True)
class XetInspector:
    """Checks xorbs and Xet files."""

    database: Database
    blobs: BlobStore
    objects: ObjectService
    files: XorbFiles
    uploads: XorbUploads
    recipes: Recipes

    def check(self, *, deep: bool = False) -> Iterator[XetFinding]:
        """Yield every fault; `deep` also decodes and hashes every byte of every xorb."""
        for xorb in self._xorbs():
            yield from self._check_xorb(xorb, deep=deep)
        for file in self._files():
            yield from self._check_file(file)
        yield from self._check_recipes()
        for name in self._orphans():
            explanation = "A xorb without a row: an upload was interrupted, or a row was lost."
            yield XetFinding(hash_to_text(name), Fault.ORPHAN, explanation)

    def usage(self, connection: Connection) -> XorbUsage:
        """What all xorbs add up to."""
        return store.xorb_usage(connection)

    def adopt(self) -> int:
        """Record xorbs and files without a row that are what their name says; returns how many.

        Files come back from their recipes. Global dedup does not: it learns from the next uploads.
        """
        adopted = 0
        for name in self._orphans():
            try:
                index = self.files.rebuild_index(name)
            except DamagedObject:
                continue
            self.uploads.record(index)
            adopted += 1
        return adopted + sum(self._adopt_file(file) for file in self._forgotten_files())

    def _forgotten_files(self) -> Iterator[XetFile]:
        for found in self.recipes.list():
            files = self.recipes.read(found.key) or ()
            with self.database.read() as connection:
                known = store.sha256s_of(connection, [file.hash for file in files])
            yield from (file for file in files if file.hash not in known)

    def _adopt_file(self, file: XetFile) -> bool:
        if any(self._check_file(file)):
            return False
        with self.database.write() as connection:
            self.objects.record(connection, file.sha256, file.size_bytes, ObjectKind.XET)
            store.record_files(connection, [file])
        return True

    def _check_recipes(self) -> Iterator[XetFinding]:
        for found in self.recipes.list():
            if self.recipes.read(found.key) is None and self.blobs.stat(found.key) is not None:
                explanation = "A damaged recipe: without the tables, its files could not be put together again."
                yield XetFinding(found.key, Fault.CORRUPT, explanation)

    def _check_xorb(self, xorb: StoredXorb, *, deep: bool) -> Iterator[XetFinding]:
        name = hash_to_text(xorb.hash)
        found = self.blobs.stat(xorb_key(xorb.hash))
        if found is None:
            yield XetFinding(name, Fault.MISSING, "A row without its bytes: restore them from a backup.")
            return
        if found.size_bytes != xorb.stored_bytes:
            problem = f"{found.size_bytes} bytes are stored, {xorb.stored_bytes} were recorded."
            yield XetFinding(name, Fault.WRONG_SIZE, problem)
            return
        index = self.files.stored_index(xorb.hash)
        if index is None or not _fits(index, xorb):
            yield XetFinding(name, Fault.CORRUPT, "Its index is missing or damaged; it is made again when needed.")
        if deep:
            yield from self._check_bytes(xorb.hash, index)

    def _check_bytes(self, xorb: XetHash, index: XorbIndex | None) -> Iterator[XetFinding]:
        try:
            actual = self.files.validate(xorb)
        except DamagedObject:
            yield XetFinding(hash_to_text(xorb), Fault.CORRUPT, "The stored bytes are not the xorb of that name.")
            return
        if index is not None and index != actual:
            yield XetFinding(hash_to_text(xorb), Fault.CORRUPT, "Its index says something else than its bytes.")

    def _check_file(self, file: XetFile) -> Iterator[XetFinding]:
        name = hash_to_text(file.hash)
        try:
            terms = unpack_terms(file.packed_terms)
            actual = hash_of_terms(terms, self.files.index)
        except (CorruptObject, DamagedObject) as error:
            yield XetFinding(name, Fault.CORRUPT, f"Its terms do not fit the stored xorbs: {error.message}")
            return
        if actual != file.hash or sum(term.raw_length for term in terms) != file.size_bytes:
            yield XetFinding(name, Fault.CORRUPT, "Its terms make another file.")

    def _xorbs(self) -> Iterator[StoredXorb]:
        after = ""
        while True:
            with self.database.read() as connection:
                page = store.scan_xorbs(connection, after, _PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = hash_to_text(page[-1].hash)

    def _files(self) -> Iterator[XetFile]:
        after = ""
        while True:
            with self.database.read() as connection:
                page = store.scan_files(connection, after, _PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = hash_to_text(page[-1].hash)

    def _orphans(self) -> Iterator[XetHash]:
        for found in self.blobs.list(XORB_FOLDER):
            name = None if found.key.endswith(SIDECAR_SUFFIX) else name_of(found)
            if name is None:
                continue
            with self.database.read() as connection:
                known = store.find_xorbs(connection, [name])
            if not known:
                yield name


def _fits(index: XorbIndex, xorb: StoredXorb) -> bool:
    return (index.raw_size, index.stored_size, len(index)) == (xorb.raw_bytes, xorb.stored_bytes, xorb.chunks)
