"""The content store's use cases.

Most work inside a caller's transaction, because they are one half of something: an upload and its link, a commit and
the objects it names. Who may do so is asked by the callers (`lfs`, `xet`, `repos`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock, now_milliseconds
from holdfast.base.errors import ObjectNotFound
from holdfast.hub.objects import store
from holdfast.hub.objects.domain import (
    LinkedObject,
    ObjectKind,
    ObjectReader,
    ObjectSource,
    ObjectState,
    StoredObject,
    Usage,
)


@dataclass(frozen=True)
class ObjectService:
    """Which objects exist, in which form, linked to which repos.

    Args:
        sources: who opens each kind; a kind without one cannot be read.
    """

    database: Database
    sources: Mapping[ObjectKind, ObjectSource]
    clock: Clock = now_milliseconds

    def record(
        self,
        connection: Connection,
        sha256: str,
        size_bytes: int,
        kind: ObjectKind,
        state: ObjectState = ObjectState.VERIFIED,
    ) -> None:
        """Note that an object is durably stored. Recording it again counts as offering it again."""
        now = self.clock()
        store.upsert(connection, StoredObject(sha256, size_bytes, kind, state, now, now, None))

    def record_all(self, connection: Connection, sizes: Mapping[str, int], kind: ObjectKind) -> None:
        """As `record`, for many verified objects at once: their sizes in bytes by SHA-256."""
        now, state = self.clock(), ObjectState.VERIFIED
        new = [StoredObject(sha256, size, kind, state, now, now, None) for sha256, size in sizes.items()]
        store.upsert_verified(connection, new)

    def link(self, connection: Connection, repo_key: int, sha256s: Collection[str]) -> None:
        """Let a repo have objects, and keep garbage collection away from them for another grace period.

        To be called for every object that a commit names, also for those linked long ago.

        Raises:
            ObjectNotFound: one of them is not stored.
        """
        self.require(connection, sha256s)
        now = self.clock()
        store.touch(connection, sha256s, now)
        store.link(connection, repo_key, sha256s, now)

    def require(self, connection: Connection, sha256s: Collection[str]) -> None:
        """Refuse objects that are not stored.

        Raises:
            ObjectNotFound: the first that is missing.
        """
        missing = set(sha256s) - {found.sha256 for found in store.find(connection, sha256s)}
        if missing:
            raise ObjectNotFound(oid=min(missing))

    def linked(self, connection: Connection, repo_key: int, sha256s: Collection[str]) -> dict[str, int]:
        """Those of `sha256s` that the repo has, with their sizes in bytes."""
        return store.linked(connection, repo_key, sha256s)

    def known(self, connection: Connection, sha256s: Collection[str]) -> dict[str, int]:
        """Those of `sha256s` that are stored and verified, whoever has them, with their sizes in bytes."""
        return {
            found.sha256: found.size_bytes
            for found in store.find(connection, sha256s)
            if found.state is ObjectState.VERIFIED
        }

    def kinds(self, connection: Connection, sha256s: Collection[str]) -> dict[str, frozenset[ObjectKind]]:
        """The forms in which each stored object lies here."""
        kinds: dict[str, frozenset[ObjectKind]] = {}
        for found in store.find(connection, sha256s):
            kinds[found.sha256] = kinds.get(found.sha256, frozenset()) | {found.kind}
        return kinds

    def holders(self, connection: Connection, sha256s: Collection[str]) -> dict[str, set[int]]:
        """The keys of the repos that have each object."""
        return store.holders(connection, sha256s)

    def touch(self, connection: Connection, sha256s: Collection[str]) -> None:
        """Note that objects were offered again; cancels their condemnation."""
        store.touch(connection, sha256s, self.clock())

    def copy_links(self, connection: Connection, source: int, target: int) -> None:
        """Let repo `target` have everything that repo `source` has, as when it is duplicated."""
        store.copy_links(connection, source, target, self.clock())

    def unlink(self, connection: Connection, repo_key: int, sha256s: Collection[str]) -> None:
        """Take objects away from a repo; their bytes go when garbage collection finds no other use."""
        store.unlink(connection, repo_key, sha256s)

    def forget_repo(self, connection: Connection, repo_key: int) -> None:
        """Take everything away from a repo that is being deleted."""
        store.unlink_all(connection, repo_key)

    def open(self, sha256: str) -> ObjectReader:
        """Open an object in whichever form it is stored, plain blobs first. Permission is the caller's to check.

        Raises:
            ObjectNotFound: no such object, or its bytes are gone (see `fsck`).
        """
        return self._open_first(sha256, self.database.fetch_one(store.FIRST_KIND, (sha256,)))

    def open_linked(self, repo_key: int, sha256: str) -> ObjectReader:
        """The same for an object that the repo must have: a pointer in git alone gives nobody the bytes.

        Raises:
            ObjectNotFound: no such object, or the repo does not have it.
        """
        return self._open_first(sha256, self.database.fetch_one(store.FIRST_KIND_OF_REPO, (repo_key, sha256)))

    def list_linked(self, connection: Connection, repo_key: int, *, after: str, limit: int) -> list[LinkedObject]:
        """The repo's next objects behind the SHA-256 `after` (empty: the first), in the order of their SHA-256."""
        return store.page_of_repo(connection, repo_key, after, limit)

    def repo_sizes(self, connection: Connection, repo_keys: Collection[int]) -> dict[int, int]:
        """The bytes that each of the repos has; those without objects are left out."""
        return store.repo_sizes(connection, repo_keys)

    def repo_usage(self, connection: Connection, repo_key: int) -> Usage:
        """What a repo has, each object counted once."""
        return store.repo_usage(connection, repo_key)

    def usage(self, connection: Connection) -> dict[ObjectKind, Usage]:
        """What the whole instance stores, by form."""
        return {kind: store.kind_usage(connection, kind) for kind in ObjectKind}

    def distinct_usage(self, connection: Connection) -> Usage:
        """What the whole instance stores, each object counted once, in however many forms it lies here."""
        return store.distinct_usage(connection)

    def all_repo_sizes(self, connection: Connection) -> dict[int, int]:
        """The bytes that each repo has; those without objects are left out."""
        return store.all_repo_sizes(connection)

    def _open_first(self, sha256: str, first: Sequence[object] | None) -> ObjectReader:
        if first is None:
            raise ObjectNotFound(oid=sha256)
        kind = ObjectKind(first[0])
        try:
            return self._open(sha256, kind)
        except ObjectNotFound:
            return self._open_other(sha256, kind)

    def _open(self, sha256: str, kind: ObjectKind) -> ObjectReader:
        source = self.sources.get(kind)
        if source is None:
            raise ObjectNotFound(oid=sha256)
        return source.open(sha256)

    def _open_other(self, sha256: str, tried: ObjectKind) -> ObjectReader:
        with self.database.read() as connection:
            kinds = self.kinds(connection, [sha256]).get(sha256, frozenset())
        for kind in kinds - {tried}:
            return self._open(sha256, kind)
        raise ObjectNotFound(oid=sha256)
