"""Carries out batches: add, copy and remove files, all that can be done in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import Forbidden, GatedRepo, InvalidInput, LoginRequired, NotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType, check_repo_path
from holdfast.hub.buckets.domain import (
    EMPTY_HASH,
    EMPTY_SHA256,
    TYPE,
    BatchOutcome,
    Bucket,
    BucketFile,
    Copy,
    Operation,
    Put,
    Refused,
    Remove,
)
from holdfast.hub.buckets.service.access import BucketGate
from holdfast.hub.buckets.store import buckets, files
from holdfast.hub.objects.domain import RepoAccess
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.xet.service.source import XetHashes

_NO_UPLOAD = "No upload for this bucket has this Xet hash."
_NO_SOURCE = "The source has no file with this Xet hash, or you may not read it."


@dataclass(frozen=True)
class BucketChanges:
    """Writes to buckets.

    Args:
        repos: who may read which repo, for copies.
        xet_files: which object a Xet hash means.
    """

    database: Database
    gate: BucketGate
    repos: RepoAccess
    objects: ObjectService
    xet_files: XetHashes
    clock: Clock

    def check_may_write(self, actor: Actor, bucket_id: RepoId) -> Bucket:
        """The bucket, if the actor may change it. Raises as `BucketGate.find`."""
        return self.gate.require(actor, bucket_id, Permission.WRITE_REPO)

    def change_files(self, actor: Actor, bucket_id: RepoId, operations: Sequence[Operation]) -> BatchOutcome:
        """Carry out what can be carried out, in order and all at once; the rest is refused one by one.

        Raises:
            RepoNotFound, LoginRequired, Forbidden: see `BucketGate`.
        """
        sources = self._sources(actor, operations)
        with self.database.write() as connection:
            bucket = self.gate.find(connection, actor, bucket_id, Permission.WRITE_REPO)
            batch = _Batch(connection, bucket, self.objects, self.xet_files, sources, self.clock())
            batch.carry_out(operations)
            buckets.update_bucket(connection, bucket.key, {"updated_at": batch.now})
        return BatchOutcome(len(operations) - len(batch.refused), batch.refused)

    def _sources(self, actor: Actor, operations: Sequence[Operation]) -> dict[tuple[str, RepoId], int]:
        """Under which numbers the sources have objects; those that the actor may not read are left out."""
        wanted = {(each.source_type, each.source_id) for each in operations if isinstance(each, Copy)}
        found: dict[tuple[str, RepoId], int] = {}
        for source_type, source_id in wanted:
            try:
                found[source_type, source_id] = self._source(actor, source_type, source_id)
            except (NotFound, Forbidden, GatedRepo, LoginRequired, InvalidInput):
                continue
        return found

    def _source(self, actor: Actor, source_type: str, source_id: RepoId) -> int:
        if source_type == TYPE:
            return self.gate.require(actor, source_id, Permission.READ_REPO).holder
        return self.repos.require(actor, RepoType.parse(source_type), source_id, Permission.READ_REPO)


@dataclass
class _Batch:
    """One batch within its transaction."""

    connection: Connection
    bucket: Bucket
    objects: ObjectService
    xet_files: XetHashes
    sources: dict[tuple[str, RepoId], int]
    now: int
    refused: list[Refused] = field(default_factory=list)
    _final: dict[str, BucketFile | None] = field(default_factory=dict)
    """What each touched path has in the end; None: nothing."""

    def carry_out(self, operations: Sequence[Operation]) -> None:
        hashes = [each.xet_hash for each in operations if not isinstance(each, Remove)]
        sha256s = self.xet_files.find_objects(self.connection, hashes)
        held = self._held(sha256s.values())
        for operation in operations:
            problem = self._apply(operation, sha256s, held)
            if problem is not None:
                self.refused.append(Refused(operation.path, problem))
        self._write()

    def _held(self, sha256s: Collection[str]) -> Callable[[int, str], int | None]:
        """Sizes of those objects that a holder has: asked once for all."""
        known = {holder: self.objects.linked(self.connection, holder, set(sha256s)) for holder in self.sources.values()}
        own = self.bucket.holder
        known[own] = self.objects.linked(self.connection, own, set(sha256s))
        return lambda holder, sha256: known[holder].get(sha256)

    def _apply(
        self, operation: Operation, sha256s: dict[str, str], held: Callable[[int, str], int | None]
    ) -> str | None:
        """Note what becomes of a path, or say why nothing does."""
        if isinstance(operation, Remove):
            self._final[operation.path] = None
            return None
        try:
            check_repo_path(operation.path)
        except InvalidInput as error:
            return error.message
        holder = self._holder(operation)
        found = None if holder is None else self._object(operation, holder, sha256s, held)
        if found is None:
            return _NO_UPLOAD if isinstance(operation, Put) else _NO_SOURCE
        self._final[operation.path] = self._file(operation, *found)
        return None

    def _holder(self, operation: Put | Copy) -> int | None:
        """Who must have the object; None: nobody whom the actor may read."""
        if isinstance(operation, Put):
            return self.bucket.holder
        return self.sources.get((operation.source_type, operation.source_id))

    def _object(
        self, operation: Put | Copy, holder: int, sha256s: dict[str, str], held: Callable[[int, str], int | None]
    ) -> tuple[str, int] | None:
        if operation.xet_hash == EMPTY_HASH:
            is_there = isinstance(operation, Put) or self._has_empty_file(holder)
            return (EMPTY_SHA256, 0) if is_there else None
        sha256 = sha256s.get(operation.xet_hash)
        size_bytes = None if sha256 is None else held(holder, sha256)
        return None if sha256 is None or size_bytes is None else (sha256, size_bytes)

    def _has_empty_file(self, holder: int) -> bool:
        """Whether a bucket has a file without bytes; in repos such a file is never a large one."""
        return holder < 0 and bool(files.named_objects(self.connection, -holder, [EMPTY_SHA256]))

    def _file(self, operation: Put | Copy, sha256: str, size_bytes: int) -> BucketFile:
        content_type = operation.content_type if isinstance(operation, Put) else None
        return BucketFile(
            operation.path, operation.xet_hash, sha256, size_bytes, operation.modified_at, self.now, content_type
        )

    def _write(self) -> None:
        key, paths = self.bucket.key, list(self._final)
        before = {file.sha256 for file in files.find_files(self.connection, key, paths)}
        kept = [file for file in self._final.values() if file is not None]
        files.remove_files(self.connection, key, [path for path, file in self._final.items() if file is None])
        files.put_files(self.connection, key, kept)
        self.objects.link(self.connection, self.bucket.holder, {file.sha256 for file in kept if file.size_bytes})
        gone = before - files.named_objects(self.connection, key, before)
        self.objects.unlink(self.connection, self.bucket.holder, gone)
