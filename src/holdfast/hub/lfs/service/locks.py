"""Locks: one person at a time works on a file that cannot be merged. They advise; pushes are not refused.

Source: git-lfs docs/api/locking.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock, now_milliseconds
from holdfast.base.errors import Forbidden, LoginRequired, NotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType, check_repo_path
from holdfast.hub.lfs import store
from holdfast.hub.lfs.domain import Lock, LockPage
from holdfast.hub.objects.domain import RepoAccess


@dataclass(frozen=True)
class LockService:
    """Who works on which file."""

    database: Database
    access: RepoAccess
    clock: Clock = now_milliseconds

    def create(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, path: str) -> tuple[Lock, bool]:
        """Lock a path, whether or not it exists yet; returns its lock, and whether it is a new one.

        Raises:
            InvalidPath: nobody could have such a file.
        """
        check_repo_path(path)
        repo_key = self.access.require(actor, repo_type, repo_id, Permission.WRITE_REPO)
        owner_id, owner_name = _owner(actor)
        with self.database.write() as connection:
            taken = store.find_lock(connection, repo_key, path=path)
            if taken is not None:
                return taken, False
            now = self.clock()
            lock = store.add_lock(connection, repo_key, path, owner_id=owner_id, owner_name=owner_name, locked_at=now)
        return lock, True

    def list(
        self,
        actor: Actor,
        repo_type: RepoType,
        repo_id: RepoId,
        *,
        path: str | None = None,
        lock_id: int | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> LockPage:
        """Locks after the id `after`, or the one of a path or with an id."""
        repo_key = self.access.require(actor, repo_type, repo_id, Permission.READ_REPO)
        with self.database.read() as connection:
            if path is not None or lock_id is not None:
                found = store.find_lock(connection, repo_key, path=path, lock_id=lock_id)
                return LockPage((found,) if found else (), None)
            return _page(connection, repo_key, after, limit)

    def verify(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, *, after: int, limit: int) -> LockPage:
        """Locks before a push; the caller tells apart its own by `owner_id`."""
        repo_key = self.access.require(actor, repo_type, repo_id, Permission.WRITE_REPO)
        with self.database.read() as connection:
            return _page(connection, repo_key, after, limit)

    def unlock(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, lock_id: int, *, force: bool) -> Lock:
        """Open a lock: one's own, or with `force` as the repo's administrator anybody's.

        Raises:
            NotFound: no such lock.
            Forbidden: somebody else's.
        """
        repo_key = self.access.require(actor, repo_type, repo_id, Permission.WRITE_REPO)
        with self.database.read() as connection:
            lock = store.find_lock(connection, repo_key, lock_id=lock_id)
        if lock is None:
            raise NotFound(what=f"Lock {lock_id}")
        if lock.owner_id != actor.user_id:
            if not force:
                raise Forbidden(reason=f"This lock belongs to {lock.owner_name}; only `force` opens it.")
            self.access.require(actor, repo_type, repo_id, Permission.ADMIN_REPO)
        with self.database.write() as connection:
            store.remove_lock(connection, lock_id)
        return lock

    def forget_repo(self, connection: Connection, repo_key: int) -> None:
        """Drop the locks of a repo that is being deleted."""
        store.remove_locks(connection, repo_key)


def _owner(actor: Actor) -> tuple[int, str]:
    if actor.user_id is None or actor.username is None:
        raise LoginRequired
    return actor.user_id, actor.username


def _page(connection: Connection, repo_key: int, after: int, limit: int) -> LockPage:
    locks = store.list_locks(connection, repo_key, after=after, limit=limit + 1)
    shown = tuple(locks[:limit])
    return LockPage(shown, shown[-1].lock_id if len(locks) > limit else None)
