"""Registers the files of an uploaded shard, after proving everything that it claims.

Three steps: `check` proves by hashes that stored xorbs make these files and that the client knew their chunks;
`register` reads every new file back for its SHA-256, which becomes its name for git, LFS and other repos; only then one
transaction records all of it. A file that was recorded before is not read a second time.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field

from sqlalchemy import Connection

from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import CorruptObject, Overloaded, TooLarge
from holdfast.hub.objects.domain import ObjectKind
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.xet import store
from holdfast.hub.xet.domain import CasClaim, XetFile, XetLimits
from holdfast.hub.xet.formats.hashes import XetHash, hash_to_text
from holdfast.hub.xet.formats.shard import ShardFile, check_file, read_shard
from holdfast.hub.xet.formats.terms import pack_terms
from holdfast.hub.xet.service.recipes import Recipes
from holdfast.hub.xet.service.xorb_files import XorbFiles


@dataclass(frozen=True)
class CheckedShard:
    """Files that stored xorbs make, each once, with every SHA-256 that was claimed for it."""

    files: tuple[ShardFile, ...]
    claims: Mapping[XetHash, frozenset[str]]

    @property
    def xorbs(self) -> frozenset[XetHash]:
        """Every xorb that a file uses."""
        return frozenset(term.xorb for file in self.files for term in file.terms)


class Progress:
    """Counts the bytes that were read for their SHA-256. Safe to share between threads."""

    def __init__(self) -> None:
        self.verified = 0
        self.total = 0
        self._lock = threading.Lock()

    def expect(self, size_bytes: int) -> None:
        """There are so many more to read."""
        with self._lock:
            self.total += size_bytes

    def advance(self, size_bytes: int) -> None:
        """So many more were read."""
        with self._lock:
            self.verified += size_bytes


@dataclass(frozen=True)
class ShardService:
    """Takes in shards.

    Args:
        hashers: threads that read files back.
        closing: set when the server stops; reading a large file takes longer than anybody waits then.
    """

    database: Database
    objects: ObjectService
    files: XorbFiles
    recipes: Recipes
    hashers: Executor
    limits: XetLimits
    clock: Clock
    closing: threading.Event = field(default_factory=threading.Event)

    def check(self, body: bytes) -> CheckedShard:
        """Prove what can be proved without reading the files.

        Raises:
            CorruptObject: malformed, a xorb that is not stored here, a wrong proof or hash.
            TooLarge: the shard, or a file of it.
        """
        listed = read_shard(body)
        claims: dict[XetHash, set[str]] = {}
        for file in listed:
            claims.setdefault(file.hash, set()).update([file.sha256] if file.sha256 else [])
        shard = CheckedShard(
            tuple({file.hash: file for file in listed}.values()),
            {name: frozenset(words) for name, words in claims.items()},
        )
        self._check_sizes(listed)
        self._require_xorbs(shard)
        for number, file in enumerate(listed):
            check_file(file, self.files.index, f"files[{number}]")
        return shard

    def register(self, claim: CasClaim, shard: CheckedShard, progress: Progress) -> None:
        """Read every new file, compare its SHA-256 with the claim, record all, and link all to the token's repo.

        Raises:
            CorruptObject: another SHA-256 than claimed; nothing was recorded.
            DamagedObject: a stored xorb cannot be read.
            Overloaded: garbage collection got in between, or the server stops; sending again helps.
        """
        with self.database.read() as connection:
            sha256s = store.sha256s_of(connection, [file.hash for file in shard.files])
        fresh = [file for file in shard.files if file.hash not in sha256s]
        progress.expect(sum(file.size for file in fresh))
        digests = self.hashers.map(lambda file: self._sha256(file, progress.advance), fresh)
        sha256s |= {file.hash: digest for file, digest in zip(fresh, digests, strict=True)}
        _compare(shard, sha256s)
        places = self._dedup_places(fresh)
        rows = {file.hash: self._row(file, sha256s[file.hash]) for file in shard.files}
        recipe = self.recipes.write([rows[file.hash] for file in fresh])
        sizes = {row.sha256: row.size_bytes for row in rows.values()}
        with self.database.write() as connection:
            self._require_unswept(connection, shard, fresh, recipe)
            self.objects.record_all(connection, sizes, ObjectKind.XET)
            store.record_files(connection, rows.values())
            store.record_chunks(connection, places)
            self.objects.link(connection, claim.repo_key, sizes)

    def _check_sizes(self, listed: Collection[ShardFile]) -> None:
        chunks = sum(term.end - term.start for file in listed for term in file.terms)
        if chunks > self.limits.max_shard_chunks:
            raise TooLarge(what="The shard", limit=f"{self.limits.max_shard_chunks} chunks in all of its files")
        if any(file.size > self.limits.max_file_bytes for file in listed):
            raise TooLarge(what="A file of the shard", limit=f"{self.limits.max_file_bytes} bytes")

    def _require_xorbs(self, shard: CheckedShard) -> None:
        with self.database.read() as connection:
            missing = shard.xorbs - store.find_xorbs(connection, shard.xorbs).keys()
        if missing:
            raise CorruptObject(field="xorb", problem=f"{hash_to_text(min(missing))} is not stored here")

    def _sha256(self, file: ShardFile, advance: Callable[[int], None]) -> str:
        digest = hashlib.sha256()
        for piece in self.files.read(file.terms, 0, file.size):
            if self.closing.is_set():
                raise Overloaded
            digest.update(piece)
            advance(len(piece))
        return digest.hexdigest()

    def _dedup_places(self, fresh: Collection[ShardFile]) -> dict[XetHash, tuple[XetHash, int]]:
        """The chunks that clients may ask for: the first of each file, and the eligible ones of all its xorbs."""
        places: dict[XetHash, tuple[XetHash, int]] = {}
        for file in fresh:
            for term in file.terms[:1]:
                first = self.files.index(term.xorb).chunk_hashes(term.start, term.start + 1)
                places.setdefault(XetHash(first), (term.xorb, term.start))
        for xorb in {term.xorb for file in fresh for term in file.terms}:
            index = self.files.index(xorb)
            for number in index.dedup_eligible():
                places.setdefault(XetHash(index.chunk_hashes(number, number + 1)), (xorb, number))
        return places

    def _row(self, file: ShardFile, sha256: str) -> XetFile:
        return XetFile(file.hash, sha256, file.size, pack_terms(file.terms), self.clock())

    def _require_unswept(
        self, connection: Connection, shard: CheckedShard, fresh: Collection[ShardFile], recipe: str | None
    ) -> None:
        """Keep garbage collection away from all that the shard needs, unless it was there first."""
        if recipe is not None and not self.recipes.is_stored(recipe):
            raise Overloaded
        if store.touch_xorbs(connection, shard.xorbs, self.clock()) < len(shard.xorbs):
            raise Overloaded
        old = {file.hash for file in shard.files} - {file.hash for file in fresh}
        if old - store.sha256s_of(connection, old).keys():
            raise Overloaded


def _compare(shard: CheckedShard, sha256s: Mapping[XetHash, str]) -> None:
    for name, claims in shard.claims.items():
        for claim in claims - {sha256s[name]}:
            # The true one stays unsaid: the sender may not have the file.
            raise CorruptObject(field="sha256", problem=f"of {hash_to_text(name)} is not {claim}")
