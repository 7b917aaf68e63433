"""Garbage collection of objects that no ref reaches: rules, and the two-phase collector that applies them.

An object is *live* while a ref of any repo reaches it. What is not live and was not offered within the grace is first
condemned; a later run deletes it if it has stayed condemned for the wait and is still not live. Offering it again
(upload, link, commit) cancels the condemnation in the same transaction, and the collector acts only on rows that are
exactly as it judged them: that closes the race between a collection and an upload. Bytes go after their row is gone.
Source: Xet clients remember for 21 days which bytes they sent, so the grace must not be shorter than that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from holdfast.backends.blobs.protocol import BlobStat, BlobStore
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock, now_milliseconds
from holdfast.hub.objects import store
from holdfast.hub.objects.blobs import BLOB_FOLDER
from holdfast.hub.objects.domain import ObjectKind, StoredObject

DAY_MS = 24 * 3600 * 1000
T = TypeVar("T")

_PAGE = 2000
_BATCH = 100


class Action(Enum):
    """What is done with an object."""

    KEEP = "keep"
    REPRIEVE = "reprieve"
    CONDEMN = "condemn"
    DELETE = "delete"


@dataclass(frozen=True)
class GarbageRules:
    """How long things are kept, in milliseconds.

    Args:
        grace_ms: since an object was last offered.
        wait_ms: between condemnation and deletion; 0 deletes in one run.
    """

    grace_ms: int = 22 * DAY_MS
    wait_ms: int = DAY_MS

    @classmethod
    def with_grace(cls, grace_seconds: int) -> GarbageRules:
        """The rules for a grace period; the wait is a day, or the grace if that is shorter."""
        return cls(grace_seconds * 1000, min(grace_seconds * 1000, DAY_MS))


@dataclass(frozen=True)
class Verdict:
    """What happens to one form of one object, and why."""

    target: StoredObject
    action: Action
    reason: str


@dataclass(frozen=True)
class Removal:
    """Stored bytes that are removed: the blob's key, and why."""

    key: str
    size_bytes: int
    reason: str


@dataclass(frozen=True)
class GarbageReport:
    """What one run did, or would do. Objects that are simply kept are only counted."""

    dry_run: bool
    kept: int
    verdicts: tuple[Verdict, ...]
    removals: tuple[Removal, ...]

    @property
    def freed_bytes(self) -> int:
        """Bytes given back to the disk."""
        return sum(removal.size_bytes for removal in self.removals)


class LiveObjects(Protocol):
    """Answered by `hub.repos`."""

    def reachable(self) -> Iterable[tuple[int, Collection[str]]]:
        """For every repo its key and the SHA-256 of every large file that any of its refs reaches, history included.

        Must raise rather than leave out a repo that cannot be read: what is missing here is deleted.
        """
        ...


@dataclass(frozen=True)
class LiveOf:
    """What any of several says is live: repos, and whatever else has objects."""

    sources: tuple[LiveObjects, ...]

    def reachable(self) -> Iterable[tuple[int, Collection[str]]]:
        """See `LiveObjects.reachable`."""
        for source in self.sources:
            yield from source.reachable()


class Collector(Protocol):
    """Removes the stored bytes of one kind of object. `hub.xet` has its own."""

    def forget(self, connection: Connection, sha256s: Sequence[str]) -> None:
        """Drop what else is known of objects, in the transaction that deletes their rows."""
        ...

    def sweep(self, rules: GarbageRules, now: int, *, dropping: Collection[str], dry_run: bool) -> Iterator[Removal]:
        """Remove bytes that nothing names any more; yields each.

        Args:
            rules: what is young, is kept: it may belong to an upload that is under way.
            now: the moment of the run, in milliseconds since 1970.
            dropping: objects of this kind that this run deletes; in a dry run their rows are still there.
            dry_run: only tell.
        """
        ...


def judge(target: StoredObject, *, live: bool, now: int, rules: GarbageRules) -> Verdict:
    """Decide about one object at the moment `now`."""
    condemned_at = target.condemned_at
    if live:
        action = Action.KEEP if condemned_at is None else Action.REPRIEVE
        return Verdict(target, action, "a ref reaches it")
    if target.offered_at > now - rules.grace_ms:
        return Verdict(target, Action.KEEP, "no ref reaches it, but it was offered within the grace")
    if condemned_at is None and rules.wait_ms > 0:
        return Verdict(target, Action.CONDEMN, "no ref reaches it, and the grace is over")
    if condemned_at is not None and condemned_at > now - rules.wait_ms:
        return Verdict(target, Action.KEEP, "condemned, and waiting for the next run")
    return Verdict(target, Action.DELETE, "no ref reaches it, and the grace and the wait are over")


@dataclass(frozen=True)
class GarbageCollector:
    """Applies the rules to the whole store.

    Args:
        collectors: who removes the bytes of each kind.
    """

    database: Database
    live: LiveObjects
    collectors: Mapping[ObjectKind, Collector]
    rules: GarbageRules
    clock: Clock = now_milliseconds

    def run(self, *, dry_run: bool = False) -> GarbageReport:
        """Judge every object, act, and sweep. With `dry_run` nothing changes."""
        # The clock is read before the refs are: whatever is offered from here on is younger than any grace.
        now = self.clock()
        live = {sha256 for _, sha256s in self.live.reachable() for sha256 in sha256s}
        kept, verdicts = 0, []
        for target in self._objects():
            verdict = judge(target, live=target.sha256 in live, now=now, rules=self.rules)
            if verdict.action is Action.KEEP:
                kept += 1
            else:
                verdicts.append(verdict)
        if not dry_run:
            verdicts = [verdict for some in _slices(verdicts) for verdict in self._apply(some, now)]
        removals = tuple(self._sweep(verdicts, now, dry_run=dry_run))
        return GarbageReport(dry_run, kept, tuple(verdicts), removals)

    def _objects(self) -> Iterator[StoredObject]:
        after = ("", "")
        while True:
            with self.database.read() as connection:
                page = store.scan(connection, None, after, _PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = (page[-1].sha256, page[-1].kind.value)

    def _apply(self, verdicts: Sequence[Verdict], now: int) -> list[Verdict]:
        with self.database.write() as connection:
            applied = [verdict for verdict in verdicts if _act(connection, verdict, now)]
            for kind, collector in self.collectors.items():
                deleted = _deleted(applied, kind)
                if deleted:
                    collector.forget(connection, deleted)
        return applied

    def _sweep(self, verdicts: Sequence[Verdict], now: int, *, dry_run: bool) -> Iterator[Removal]:
        for kind, collector in self.collectors.items():
            dropping = frozenset(_deleted(verdicts, kind))
            yield from collector.sweep(self.rules, now, dropping=dropping, dry_run=dry_run)


@dataclass(frozen=True)
class BlobCollector:
    """Removes plain blobs without a row: those of deleted objects, and what an interrupted upload left behind."""

    database: Database
    blobs: BlobStore

    def forget(self, connection: Connection, sha256s: Sequence[str]) -> None:
        """See `Collector.forget`: nothing else is known of plain blobs."""

    def sweep(self, rules: GarbageRules, now: int, *, dropping: Collection[str], dry_run: bool) -> Iterator[Removal]:
        """See `Collector.sweep`."""
        for some in _slices(self.blobs.list(BLOB_FOLDER)):
            candidates = {_sha256(found): found for found in some}
            for sha256, found in list(candidates.items()):
                if found.modified_at > now - rules.grace_ms and sha256 not in dropping:
                    del candidates[sha256]
            yield from self._sweep_some(candidates, dropping, dry_run=dry_run)

    def _sweep_some(
        self, candidates: Mapping[str, BlobStat], dropping: Collection[str], *, dry_run: bool
    ) -> list[Removal]:
        with self.database.read() as connection:
            stored = _stored_blobs(connection, candidates)
        if dry_run:
            return _removals(candidates, stored - set(dropping), dropping)
        unnamed = {sha256: found for sha256, found in candidates.items() if sha256 not in stored}
        if not unnamed:
            return []
        # Within a write transaction nobody can record a blob between our look and its removal; who has published one
        # and not recorded it yet will miss it then, and is told to send it again.
        with self.database.write() as connection:
            removals = _removals(unnamed, _stored_blobs(connection, unnamed), dropping)
            for removal in removals:
                self.blobs.delete(removal.key)
        return removals


def _act(connection: Connection, verdict: Verdict, now: int) -> bool:
    if verdict.action is Action.DELETE:
        return store.remove(connection, verdict.target)
    if verdict.action is Action.CONDEMN:
        return store.condemn(connection, verdict.target, now)
    return store.reprieve(connection, verdict.target)


def _deleted(verdicts: Iterable[Verdict], kind: ObjectKind) -> list[str]:
    return [
        verdict.target.sha256 for verdict in verdicts if verdict.action is Action.DELETE and verdict.target.kind is kind
    ]


def _stored_blobs(connection: Connection, sha256s: Collection[str]) -> set[str]:
    return {found.sha256 for found in store.find(connection, sha256s) if found.kind is ObjectKind.BLOB}


def _removals(blobs: Mapping[str, BlobStat], stored: Collection[str], dropping: Collection[str]) -> list[Removal]:
    return [
        Removal(
            found.key, found.size_bytes, "its object was deleted" if sha256 in dropping else "no object was recorded"
        )
        for sha256, found in blobs.items()
        if sha256 not in stored
    ]


def _sha256(found: BlobStat) -> str:
    return found.key.rpartition("/")[2]


def _slices(items: Iterable[T]) -> Iterator[Sequence[T]]:
    remaining = iter(items)
    while some := list(islice(remaining, _BATCH)):
        yield some
