"""Keeps the SQL index in step with git, also across a crash.

Git is the truth about refs. A ref update is: lock the repo → mark it pending in SQL → move the ref → write the index
and clear the mark in one transaction. Whatever instant the process dies at, the mark says which repos to read again.
An update that fails, as on a full disk, puts its refs back; where even that fails, the mark stays for the next update.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import pygit2
from sqlalchemy import Connection

from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import HoldfastError, Overloaded, RepoNotFound
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.refs import (
    RefKind,
    create_ref,
    delete_ref,
    list_refs,
    read_target,
    restore_ref,
    update_ref,
)
from holdfast.hub.repos.metadata.documents import RepoFacts
from holdfast.hub.repos.metadata.info_fields import info_fields
from holdfast.hub.repos.service.facts import FactReader
from holdfast.hub.repos.store import listing_index, pull_requests, repos

logger = logging.getLogger("holdfast.repos")

Record = Callable[[Connection], None]


@dataclass
class RefChanges:
    """The refs that an update moved: full name → new commit oid, None for deleted ones."""

    git: pygit2.Repository
    moved: dict[str, str | None] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    """What else to write in the transaction that indexes the moved refs."""
    touched_paths: tuple[str, ...] | None = None
    """Paths that the update changed on the default branch; None when unknown: then all facts are read again."""

    _ways_back: list[Callable[[], None]] = field(default_factory=list)

    def move(self, name: str, new_oid: str, expected_oid: str | None) -> None:
        """Move a ref from `expected_oid` (None: it must not exist) to `new_oid`, or raise StaleParent."""
        update_ref(self.git, name, new_oid, expected_oid)
        if expected_oid is None:
            self.note_created(name, new_oid)
            return
        self.moved[name] = new_oid
        self._ways_back.append(lambda: restore_ref(self.git, name, expected_oid))

    def create(self, name: str, oid: str) -> None:
        """Make a ref, or raise RefExists."""
        create_ref(self.git, name, oid)
        self.note_created(name, oid)

    def note_created(self, name: str, oid: str) -> None:
        """Tell of a ref to the commit `oid` that was made without this object."""
        self.moved[name] = oid
        self._ways_back.append(lambda: delete_ref(self.git, name))

    def delete(self, name: str) -> None:
        """Delete a ref."""
        target = read_target(self.git, name)
        delete_ref(self.git, name)
        self.moved[name] = None
        if target is not None:
            self._ways_back.append(lambda: create_ref(self.git, name, target))

    def undo(self) -> bool:
        """Put every ref back, the last first; False when one of them cannot be."""
        try:
            while self._ways_back:
                self._ways_back.pop()()
        except (HoldfastError, OSError, pygit2.GitError):
            logger.warning("a failed update of %s could not be taken back; git counts", self.git.path, exc_info=True)
            return False
        return True


@dataclass(frozen=True)
class RepoIndex:
    """Writes what git says into SQL."""

    database: Database
    pool: RepositoryPool
    facts: FactReader
    clock: Clock

    @contextmanager
    def changing(self, key: int, prepare: Record | None = None) -> Iterator[RefChanges]:
        """Hold the repo's lock while refs move; index exactly the moved ones at the end. After an error none has moved.

        `prepare` runs in the transaction that marks the repo pending, before any ref moves.
        """
        with self.pool.lock(key), self.pool.open(key) as git:
            repo = self._mark_pending(key, prepare)
            changes = RefChanges(git)
            try:
                yield changes
                self._write(repo, git, changes)
            except Exception:
                self._take_back(key, changes)
                raise

    @contextmanager
    def pushing(self, key: int, prepare: Record | None = None, inherited: int | None = None) -> Iterator[None]:
        """Hold the lock while git itself moves refs; read all of them again when the block ends.

        `prepare` as in `changing`; `inherited` is the lock's descriptor that git was given (see `RepositoryPool.lock`).
        """
        with self.pool.lock(key, inherited):
            self._mark_pending(key, prepare)
            try:
                yield
            finally:
                self._reread(key)

    def reindex(self, key: int) -> None:
        """Read all refs and facts of one repo again."""
        with self.pool.lock(key):
            self._reread(key)

    def recover(self) -> list[int]:
        """Put right the repos that a crash left pending; returns their keys.

        One that somebody else works on is left to them: whoever updates a pending repo next puts it right first. One
        that cannot be read is left to `fsck`: it must not keep all others from being served.
        """
        with self.database.read() as connection:
            keys = repos.pending_keys(connection)
        return [key for key in keys if self._recover(key)]

    def write_head(
        self,
        connection: Connection,
        repo: Repo,
        git: pygit2.Repository,
        head_oid: str | None,
        *,
        origin: Repo | None = None,
    ) -> None:
        """Index the default branch's commit, in a transaction of the caller.

        `origin` is the repo of which this one is a copy, whose links to large files the transaction copies too: nobody
        else sees them yet. None for any other repo.
        """
        facts = self.facts.read(git, origin or repo, head_oid)
        self._write_head(connection, repo, head_oid, facts)

    def _recover(self, key: int) -> bool:
        try:
            with self.pool.lock(key):
                self._put_right(key)
                self._reread(key)
        except Overloaded:
            return False
        except (HoldfastError, KeyError, pygit2.GitError):
            logger.warning("repo %d cannot be read; `holdfast fsck` tells what is wrong", key, exc_info=True)
            return False
        return True

    def _mark_pending(self, key: int, prepare: Record | None) -> Repo:
        with self.database.write() as connection:
            repo = repos.mark_pending(connection, key)
            was_pending = repo is None
            repo = repo or repos.get_repo(connection, key)
            if repo is None:
                raise RepoNotFound  # deleted while we waited for its lock
            if prepare is not None:
                prepare(connection)
        if was_pending:
            self._put_right(key)
            repo = replace(repo, head_oid=self._reread(key, is_pending=True))
        return repo

    def _take_back(self, key: int, changes: RefChanges) -> None:
        if changes.undo():
            with suppress(HoldfastError), self.database.write() as connection:
                repos.update_repo(connection, key, index_pending=False)

    def _put_right(self, key: int) -> None:
        """Remove the ref of a pull request whose row was never written: nobody was told of it."""
        with self.database.read() as connection:
            known = {pull.ref for pull in pull_requests.list_pull_requests(connection, key)}
        with self.pool.open(key) as git:
            for ref in list_refs(git, RefKind.PULL_REQUEST):
                if ref.full_name not in known:
                    delete_ref(git, ref.full_name)

    def _reread(self, key: int, *, is_pending: bool = False) -> str | None:
        """Returns the default branch's commit."""
        with self.pool.open(key) as git:
            found = {ref.full_name: ref.target for ref in list_refs(git)}
            with self.database.read() as connection:
                repo = repos.get_repo(connection, key)
            if repo is None:
                return None
            head_oid = found.get(repo.default_ref)
            facts = self.facts.read(git, repo, head_oid)
        with self.database.write() as connection:
            repos.replace_refs(connection, key, found)
            self._write_head(connection, repo, head_oid, facts, {"index_pending": is_pending})
        return head_oid

    def _write(self, repo: Repo, git: pygit2.Repository, changes: RefChanges) -> None:
        facts = self._changed_facts(repo, git, changes)
        with self.database.write() as connection:
            for name, oid in changes.moved.items():
                if oid is None:
                    repos.delete_ref(connection, repo.key, name)
                else:
                    repos.put_refs(connection, repo.key, {name: oid})
            settled = {"index_pending": False}
            if repo.default_ref in changes.moved:
                self._write_head(connection, repo, changes.moved[repo.default_ref], facts, settled)
            else:
                repos.update_repo(connection, repo.key, **settled)
            for record in changes.records:
                record(connection)

    def _changed_facts(self, repo: Repo, git: pygit2.Repository, changes: RefChanges) -> RepoFacts | None:
        """The new facts, None where they are as before."""
        if repo.default_ref not in changes.moved:
            return None
        if changes.touched_paths is not None and not self.facts.depend_on(repo.type, changes.touched_paths):
            return None
        return self.facts.read(git, repo, changes.moved[repo.default_ref])

    def _write_head(
        self,
        connection: Connection,
        repo: Repo,
        head_oid: str | None,
        facts: RepoFacts | None,
        settled: Mapping[str, bool] = MappingProxyType({}),
    ) -> None:
        values: dict[str, Any] = {"head_oid": head_oid, **settled}
        if head_oid != repo.head_oid:
            values["updated_at"] = self.clock()
        repos.update_repo(connection, repo.key, **values)
        if facts is not None:
            repos.put_facts(connection, repo.key, info_fields(repo.type, facts))
            # Public repos' tags are counted: it may have been hidden or shown since `repo` was read.
            listing_index.write(connection, repos.get_repo(connection, repo.key) or repo, facts)
