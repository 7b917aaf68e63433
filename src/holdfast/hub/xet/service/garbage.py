"""Garbage collection of xorbs: what no file uses is condemned, and deleted when it stayed so for long enough.

Clients refer for three weeks to what they sent, and for a week to what a dedup reply told them. Within these times
nothing is deleted, unless the administrator's rules say so: then a new epoch makes all clients forget.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection

from holdfast.backends.blobs.protocol import BlobStat, BlobStore
from holdfast.backends.database.protocol import Database
from holdfast.base.errors import InvalidInput
from holdfast.hub.objects.garbage import DAY_MS, GarbageRules, Removal
from holdfast.hub.xet import store
from holdfast.hub.xet.domain import (
    CLIENT_CACHE_DAYS,
    DEDUP_REPLY_DAYS,
    SIDECAR_SUFFIX,
    XORB_FOLDER,
    StoredXorb,
    sidecar_key,
    xorb_key,
)
from holdfast.hub.xet.formats.hashes import XetHash, hash_from_text, hash_to_text
from holdfast.hub.xet.service.epochs import Epochs
from holdfast.hub.xet.service.index_cache import IndexCache
from holdfast.hub.xet.service.recipes import Recipes

_PAGE = 1000
_BATCH = 100


@dataclass(frozen=True)
class XorbCollector:
    """Removes xorbs; the `Collector` of Xet files."""

    database: Database
    blobs: BlobStore
    cache: IndexCache
    epochs: Epochs
    recipes: Recipes

    def forget(self, connection: Connection, sha256s: Sequence[str]) -> None:
        """See `Collector.forget`."""
        store.forget_files(connection, sha256s)

    def sweep(self, rules: GarbageRules, now: int, *, dropping: Collection[str], dry_run: bool) -> Iterator[Removal]:
        """See `Collector.sweep`."""
        for page in self._unused(dropping):
            old = [xorb for xorb in page if xorb.offered_at <= now - rules.grace_ms]
            ripe = [xorb for xorb in old if _waited(xorb, rules, now)]
            if dry_run:
                yield from (_removal(xorb) for xorb in ripe)
                continue
            yield from self._remove(ripe, now)
            with self.database.write() as connection:
                store.condemn_xorbs(connection, [xorb for xorb in old if xorb.condemned_at is None], now)
        yield from self._sweep_orphans(rules, now, dry_run=dry_run)
        yield from self._sweep_recipes(rules, now, dropping=dropping, dry_run=dry_run)

    def _unused(self, dropping: Collection[str]) -> Iterator[list[StoredXorb]]:
        """Xorbs that no file uses but those being dropped, in pages."""
        after = ""
        while True:
            with self.database.read() as connection:
                page = store.scan_xorbs(connection, after, _PAGE)
                users = store.users_of(connection, [xorb.hash for xorb in page])
            unused = [xorb for xorb in page if users.get(xorb.hash, set()) <= set(dropping)]
            yield unused
            if len(page) < _PAGE:
                return
            after = hash_to_text(page[-1].hash)

    def _remove(self, ripe: Sequence[StoredXorb], now: int) -> list[Removal]:
        removals: list[Removal] = []
        for at in range(0, len(ripe), _BATCH):
            # As for plain blobs: within a write transaction nobody records a xorb between our look and its removal.
            with self.database.write() as connection:
                gone = [xorb for xorb in ripe[at : at + _BATCH] if store.remove_xorb(connection, xorb)]
                if any(xorb.offered_at > now - CLIENT_CACHE_DAYS * DAY_MS for xorb in gone):
                    self.epochs.bump(connection)
                for xorb in gone:
                    self._delete(xorb.hash)
            removals += [_removal(xorb) for xorb in gone]
        return removals

    def _sweep_orphans(self, rules: GarbageRules, now: int, *, dry_run: bool) -> Iterator[Removal]:
        """Remove bytes without a row that are older than the grace: an upload was interrupted."""
        old = (found for found in self.blobs.list(XORB_FOLDER) if found.modified_at <= now - rules.grace_ms)
        while some := list(islice(old, _BATCH)):
            with self.database.read() as connection:
                orphans = _orphans(connection, some)
            if orphans and not dry_run:
                with self.database.write() as connection:
                    orphans = _orphans(connection, orphans)
                    for found in orphans:
                        self.blobs.delete(found.key)
            yield from (Removal(found.key, found.size_bytes, "no xorb was recorded") for found in orphans)

    def _sweep_recipes(
        self, rules: GarbageRules, now: int, *, dropping: Collection[str], dry_run: bool
    ) -> Iterator[Removal]:
        """Remove old recipes of which no file is left. Damaged ones stay, for `inspection` to tell."""
        for found in self.recipes.list():
            files = self.recipes.read(found.key) if found.modified_at <= now - rules.grace_ms else None
            if files is None:
                continue
            names = [file.hash for file in files]
            with self.database.read() as connection:
                left = set(store.sha256s_of(connection, names).values()) - set(dropping)
            if not left and (dry_run or self._remove_recipe(found.key, names)):
                yield Removal(found.key, found.size_bytes, "none of its files is left")

    def _remove_recipe(self, key: str, names: Collection[XetHash]) -> bool:
        # As for xorbs: within a write transaction nobody records a file between our look and the removal.
        with self.database.write() as connection:
            if store.sha256s_of(connection, names):
                return False
            self.blobs.delete(key)
        return True

    def _delete(self, xorb: XetHash) -> None:
        self.cache.drop(xorb)
        self.blobs.delete(xorb_key(xorb))
        self.blobs.delete(sidecar_key(xorb))


def name_of(found: BlobStat) -> XetHash | None:
    """The xorb that a stored file belongs to, or None when it is none of ours."""
    try:
        return hash_from_text(found.key.rpartition("/")[2].removesuffix(SIDECAR_SUFFIX))
    except InvalidInput:
        return None


def _waited(xorb: StoredXorb, rules: GarbageRules, now: int) -> bool:
    """Whether a xorb has been condemned for long enough. Rules with a short grace accept a new epoch instead."""
    wait = rules.wait_ms
    if rules.grace_ms >= CLIENT_CACHE_DAYS * DAY_MS:
        wait = max(wait, (DEDUP_REPLY_DAYS + 1) * DAY_MS)
    if wait == 0:
        return True
    return xorb.condemned_at is not None and xorb.condemned_at <= now - wait


def _orphans(connection: Connection, some: Sequence[BlobStat]) -> list[BlobStat]:
    names = {found.key: name_of(found) for found in some}
    known = store.find_xorbs(connection, [name for name in names.values() if name is not None])
    return [found for found in some if names[found.key] not in known]


def _removal(xorb: StoredXorb) -> Removal:
    return Removal(xorb_key(xorb.hash), xorb.stored_bytes, "no file uses it")
