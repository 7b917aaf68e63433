"""What garbage collection asks of repos, and the housekeeping of their folders."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import pygit2

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import Conflict, RepoNotFound
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.git_storage.maintenance import maintain, needs_maintenance, prune, remove_leftovers
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.reachability import reachable_lfs_pointers
from holdfast.hub.repos.service import removed_files
from holdfast.hub.repos.store import repos

DAY_SECONDS = 24 * 3600.0
KEEP_UNREACHABLE_SECONDS = 14 * DAY_SECONDS
"""Longer than any upload: git objects without a ref may belong to a commit that is yet to come."""

BEHIND = (
    "There are repos on disk that the database does not know: it was lost, or restored from an older backup. "
    "Restore its newest backup, or index the repos anew with `holdfast fsck --rebuild`."
)


@dataclass(frozen=True)
class RepoCollector:
    """Reads all repos for garbage collection, and keeps their folders in order.

    `reachable` makes it an `objects.garbage.LiveObjects`.

    Args:
        awaits_updates: let each update of refs that is under way end before the refs are read. Needed when the grace
            is shorter than an update takes: its objects were claimed already, its refs do not show them yet.
    """

    database: Database
    pool: RepositoryPool
    objects: ObjectService
    awaits_updates: bool = False

    def reachable(self) -> Iterator[tuple[int, Collection[str]]]:
        """See `LiveObjects.reachable`: from git's own refs, whether they are indexed or not.

        Raises:
            Conflict: a repo that cannot be read, or repos on disk that the database does not know.
            Overloaded: an update of refs did not end in time.
        """
        if self.unknown():
            raise Conflict(reason=BEHIND)
        for key in self._keys():
            try:
                if self.awaits_updates:
                    with self.pool.lock(key):
                        """Whoever claims objects from here on, does so after the collection began."""
                with self.pool.open(key) as git:
                    found = {pointer.sha256 for pointer in reachable_lfs_pointers(git)}
                yield key, found - self._removed(key)
            except (RepoNotFound, KeyError, pygit2.GitError) as error:
                if self._is_recorded(key):  # else it was deleted while we were on the way to it
                    raise Conflict(reason=f"Repo {key} cannot be read ({error}): see `holdfast fsck`.") from error

    def orphans(self) -> list[int]:
        """Folders of deleted repos that a crash left behind, a day old at least."""
        unrecorded, last = self._unrecorded()
        return [key for key in unrecorded if key <= last and self._is_old(key)]

    def unknown(self) -> list[int]:
        """Folders of repos that the database has never known: it was lost, or restored from an older backup.

        One key beyond the last may be a creation that a crash cut short; the next creation replaces it.
        """
        unrecorded, last = self._unrecorded()
        return [key for key in unrecorded if key > last + 1]

    def remove(self, key: int) -> None:
        """Remove the folder of a deleted repo."""
        self.pool.delete(key)

    def tidy(self) -> Iterator[int]:
        """Roll up the objects and refs of repos that have many loose ones, drop what no ref reaches; yields keys.

        Broken-off writes go from all repos.
        """
        for key in self._keys():
            try:
                remove_leftovers(self.pool, key, DAY_SECONDS)
                if needs_maintenance(self.pool, key):
                    maintain(self.pool, key)
                    prune(self.pool, key, KEEP_UNREACHABLE_SECONDS)
                    yield key
            except RepoNotFound:
                continue  # deleted meanwhile

    def _removed(self, key: int) -> frozenset[str]:
        """Large files that were taken out of the repo for good, and did not come back."""
        removed = removed_files.read(self.pool.path(key))
        if not removed:
            return removed
        with self.database.read() as connection:
            return removed - self.objects.linked(connection, key, removed).keys()

    def _unrecorded(self) -> tuple[list[int], int]:
        """Keys of folders without a row, and the highest key that any row ever had."""
        folders = sorted(self.pool.keys())  # before the rows: what is created meanwhile must not look unrecorded
        with self.database.read() as connection:
            recorded = set(repos.all_keys(connection))
            return [key for key in folders if key not in recorded], repos.last_key(connection)

    def _is_old(self, key: int) -> bool:
        try:
            return time.time() - self.pool.path(key).stat().st_ctime > DAY_SECONDS
        except FileNotFoundError:
            return False  # it is being removed

    def _keys(self) -> list[int]:
        with self.database.read() as connection:
            return repos.all_keys(connection)

    def _is_recorded(self, key: int) -> bool:
        with self.database.read() as connection:
            return repos.get_repo(connection, key) is not None
