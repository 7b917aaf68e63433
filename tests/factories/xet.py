"""Builders of Xet bytes as clients send them, and a Xet store in a temporary folder without HTTP."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from holdfast.backends.blobs.local import LocalBlobStore
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import now_milliseconds
from holdfast.base.errors import Forbidden
from holdfast.base.identity import Permission
from holdfast.base.signing import Signer
from holdfast.hub.objects.blobs import BlobSource
from holdfast.hub.objects.domain import ObjectKind, ObjectSource
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.xet.domain import CasClaim, Scope, XetLimits
from holdfast.hub.xet.formats.compression import Scheme
from holdfast.hub.xet.formats.hashes import (
    XetHash,
    chunk_hash,
    file_hash,
    sha256_to_field,
    verification_hash,
    xorb_hash,
)
from holdfast.hub.xet.formats.shard import (
    BOOKEND_HASH,
    FLAG_METADATA,
    FLAG_VERIFICATION,
    SHARD_TAG,
    SHARD_VERSION,
    ShardFile,
)
from holdfast.hub.xet.formats.terms import Term
from holdfast.hub.xet.formats.xorb import build_xorb, read_xorb
from holdfast.hub.xet.formats.xorb_index import XorbIndex
from holdfast.hub.xet.service import XetServices, open_xet
from holdfast.hub.xet.service.shards import Progress
from tests.factories.databases import open_test_database

CHUNK_BYTES = 8192
REPO, FOREIGN_REPO = 1, 2
WRITER = CasClaim(REPO, 7, Scope.WRITE)
FOREIGNER = CasClaim(FOREIGN_REPO, 8, Scope.WRITE)

Run = tuple[XorbIndex, int, int]
"""A xorb's index, first chunk, end."""


def cut(content: bytes, size: int = CHUNK_BYTES) -> list[bytes]:
    """Cut into chunks of equal size; real clients cut by content."""
    return [content[at : at + size] for at in range(0, len(content), size)]


def index_chunks(chunks: Sequence[bytes], *scheme: Scheme) -> tuple[bytes, XorbIndex]:
    """Build a xorb and read it."""
    data = build_xorb(chunks, *scheme)
    return data, read_xorb(data, xorb_hash((chunk_hash(chunk), len(chunk)) for chunk in chunks))


def claim_file(*runs: Run, sha256: str | None = None) -> ShardFile:
    """An honest entry of a shard."""
    terms = tuple(Term(index.hash, start, end, index.raw_length(start, end)) for index, start, end in runs)
    nodes = [node for index, start, end in runs for node in index.nodes(start, end)]
    proofs = b"".join(verification_hash(index.chunk_hashes(start, end)) for index, start, end in runs)
    return ShardFile(file_hash(nodes), terms, proofs, sha256)


def write_shard(*files: ShardFile, xorbs: tuple[XorbIndex, ...] = ()) -> bytes:
    """Serialize as a client does; `xorbs` are listed in the second section."""
    parts = [struct.pack("<32sQQ", SHARD_TAG, SHARD_VERSION, 0)]
    for file in files:
        flags = FLAG_VERIFICATION | (FLAG_METADATA if file.sha256 else 0)
        parts.append(struct.pack("<32sIIQ", file.hash, flags, len(file.terms), 0))
        parts += [struct.pack("<32sIIII", t.xorb, 0, t.raw_length, t.start, t.end) for t in file.terms]
        parts += [file.proofs[at : at + 32] + bytes(16) for at in range(0, len(file.proofs), 32)]
        if file.sha256:
            parts.append(sha256_to_field(file.sha256) + bytes(16))
    parts.append(BOOKEND_HASH + bytes(16))
    for index in xorbs:
        parts.append(struct.pack("<32sIIII", index.hash, 0, len(index), index.raw_size, index.stored_size))
        parts += [struct.pack("<32sIIII", raw, 0, length, 0, 0) for raw, length in index.nodes(0, len(index))]
    parts.append(BOOKEND_HASH + bytes(16))
    return b"".join(parts)


@dataclass
class OneRepo:
    """A `RepoAccess` of one repo, on which everybody has `granted`."""

    granted: set[Permission] = field(default_factory=lambda: set(Permission))

    def require(self, actor, repo_type, repo_id, permission) -> int:
        if permission not in self.granted:
            raise Forbidden
        return REPO

    def readable(self, actor, repo_keys) -> frozenset[int]:
        return frozenset(repo_keys)


@dataclass
class XetStore:
    """Services over real drivers, with a clock that tests turn."""

    database: Database
    blobs: LocalBlobStore
    objects: ObjectService
    xet: XetServices
    access: OneRepo
    now: list[int]

    def send_xorb(self, data: bytes, name: XetHash) -> bool:
        with self.xet.uploads.begin(name) as receiver:
            receiver.write(data)
            return self.xet.uploads.finish(receiver)

    def store_xorb(self, content: bytes, size: int = CHUNK_BYTES) -> XorbIndex:
        data, index = index_chunks(cut(content, size))
        self.send_xorb(data, index.hash)
        return index

    def send_shard(self, shard: bytes, claim: CasClaim = WRITER) -> Progress:
        progress = Progress()
        self.xet.shards.register(claim, self.xet.shards.check(shard), progress)
        return progress

    def store_file(self, content: bytes, claim: CasClaim = WRITER, size: int = CHUNK_BYTES) -> ShardFile:
        """Upload a file as one xorb."""
        index = self.store_xorb(content, size)
        file = claim_file((index, 0, len(index)), sha256=hashlib.sha256(content).hexdigest())
        self.send_shard(write_shard(file, xorbs=(index,)), claim)
        return file

    def read(self, sha256: str, start: int = 0, end: int | None = None) -> bytes:
        reader = self.objects.open(sha256)
        return b"".join(reader.read(start, reader.size_bytes if end is None else end))

    def close(self) -> None:
        self.xet.close()
        self.database.close()


def open_store(folder: Path, limits: XetLimits | None = None) -> XetStore:
    """Build a store in `folder`; close it at the end of the test."""
    database = open_test_database(folder)
    blobs = LocalBlobStore(folder / "blobs")
    now = [now_milliseconds()]  # the disk stamps blobs with the real time
    sources: dict[ObjectKind, ObjectSource] = {ObjectKind.BLOB: BlobSource(blobs)}
    objects = ObjectService(database, sources, lambda: now[0])
    access = OneRepo()
    signer = Signer(b"secret", lambda: now[0])
    xet = open_xet(database, blobs, objects, signer, access, lambda: now[0], limits)
    sources[ObjectKind.XET] = xet.source
    return XetStore(database, blobs, objects, xet, access, now)
