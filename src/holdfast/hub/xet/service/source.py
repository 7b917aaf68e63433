"""Reads Xet files as plain bytes, for downloads by those who do not speak Xet, and finds their Xet hashes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import ObjectNotFound
from holdfast.hub.xet import store
from holdfast.hub.xet.domain import XetFile
from holdfast.hub.xet.formats.hashes import hash_from_text, hash_to_text
from holdfast.hub.xet.formats.terms import unpack_terms
from holdfast.hub.xet.service.xorb_files import XorbFiles, damage_of


@dataclass(frozen=True)
class XetSource:
    """Opens Xet files; an `ObjectSource`."""

    database: Database
    files: XorbFiles

    def open(self, sha256: str) -> XetReader:
        """See `ObjectSource.open`."""
        with self.database.read() as connection:
            file = store.newest_file(connection, sha256)
        if file is None:
            raise ObjectNotFound(oid=sha256)
        return XetReader(self.files, file)


class XetReader:
    """An opened Xet file; an `ObjectReader`. Garbage collection waits days, but not for readers."""

    descriptor = None

    def __init__(self, files: XorbFiles, file: XetFile) -> None:
        self.size_bytes = file.size_bytes
        self._files = files
        with damage_of(None):
            self._terms = unpack_terms(file.packed_terms)

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """See `ObjectReader.read`."""
        return map(bytes, self._files.read(self._terms, start, end))

    def close(self) -> None:
        """See `ObjectReader.close`: xorbs are open only while they are read."""


@dataclass(frozen=True)
class XetHashes:
    """Finds Xet hashes; the `XetFiles` that `hub.repos` asks for."""

    database: Database

    def find_hash(self, sha256: str) -> str | None:
        """The newest Xet hash under which an object can be reconstructed, or None when it is no Xet file."""
        row = self.database.fetch_one(store.NEWEST_HASH, (sha256,))
        return None if row is None else str(row[0])

    def find_objects(self, connection: Connection, hashes: Collection[str]) -> dict[str, str]:
        """The SHA-256 of those files, by their Xet hashes as 64 hex digits; what is not recorded is left out."""
        found = store.sha256s_of(connection, [hash_from_text(text) for text in set(hashes)])
        return {hash_to_text(name): sha256 for name, sha256 in found.items()}
