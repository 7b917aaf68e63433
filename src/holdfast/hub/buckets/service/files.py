"""Lists, finds and opens the files of buckets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import EntryNotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId
from holdfast.hub.buckets.domain import Bucket, BucketFile, BucketFolder, TreePage
from holdfast.hub.buckets.service.access import BucketGate
from holdfast.hub.buckets.store import files as store
from holdfast.hub.objects.domain import ObjectReader
from holdfast.hub.objects.service import ObjectService

_ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class BucketFiles:
    """Reads buckets."""

    database: Database
    gate: BucketGate
    objects: ObjectService

    def list_tree(
        self, actor: Actor, bucket_id: RepoId, prefix: str, *, recursive: bool, cursor: str | None, limit: int
    ) -> TreePage:
        """What lies under a prefix, which counts letter by letter: `logs` finds `logs/a` and `logs.txt`.

        Args:
            actor: the caller.
            bucket_id: of the bucket.
            prefix: of the paths; empty means all.
            recursive: every file; else folders stand for what is below them, one level down.
            cursor: `next_cursor` of the page before.
            limit: at most so many entries.

        Raises:
            RepoNotFound, LoginRequired, Forbidden: see `BucketGate`.
        """
        with self.database.read() as connection:
            bucket = self.gate.find(connection, actor, bucket_id, Permission.READ_REPO)
            start = "" if cursor is None else cursor
            if recursive:
                return _page(store.page_of_files(connection, bucket.key, prefix, start, limit + 1), limit)
            return _page(_collapsed(connection, bucket.key, prefix, start, limit + 1), limit)

    def find_paths(self, actor: Actor, bucket_id: RepoId, paths: Sequence[str]) -> list[BucketFile]:
        """Those of `paths` at which there is a file. Raises as `BucketGate.find`."""
        with self.database.read() as connection:
            bucket = self.gate.find(connection, actor, bucket_id, Permission.READ_REPO)
            return store.find_files(connection, bucket.key, paths)

    def locate(self, actor: Actor, bucket_id: RepoId, path: str) -> tuple[Bucket, BucketFile]:
        """The file at a path.

        Raises:
            RepoNotFound, LoginRequired, Forbidden: see `BucketGate`.
            EntryNotFound: there is none.
        """
        with self.database.read() as connection:
            bucket = self.gate.find(connection, actor, bucket_id, Permission.READ_REPO)
            found = store.find_file(connection, bucket.key, path)
        if found is None:
            raise EntryNotFound(path=path)
        return bucket, found

    def open(self, bucket: Bucket, file: BucketFile) -> ObjectReader:
        """The bytes of a file that `locate` gave; of one without bytes there are none to open.

        Raises:
            ObjectNotFound: they are gone: see `fsck`.
        """
        return self.objects.open_linked(bucket.holder, file.sha256)


def _collapsed(
    connection: Connection, key: int, prefix: str, start: str, limit: int
) -> list[BucketFile | BucketFolder]:
    """Of `logs`, the entries of the folder `logs`, and those beside it whose names begin so."""
    depth = len(prefix) if not prefix or prefix.endswith("/") else len(prefix) + 1
    found: list[BucketFile | BucketFolder] = []
    while len(found) < limit:
        rows = store.page_of_files(connection, key, prefix, start, _ROWS_AT_ONCE)
        for row in rows:
            end = row.path.find("/", depth)
            if end >= 0:
                folder = row.path[:end]
                found.append(BucketFolder(folder, store.newest_below(connection, key, folder + "/")))
                start = folder + chr(ord("/") + 1)  # behind all that is below
                break
            found.append(row)
            start = row.path + "\x01"  # paths hold no control characters
        else:
            if len(rows) < _ROWS_AT_ONCE:
                break
    return found[:limit]


def _page(found: Sequence[BucketFile | BucketFolder], limit: int) -> TreePage:
    """The first `limit`; the one behind them is where the next page begins."""
    if len(found) <= limit:
        return TreePage(found, None)
    following = found[limit]
    return TreePage(found[:limit], following.path + "/" * isinstance(following, BucketFolder))
