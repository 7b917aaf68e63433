"""Finds the file that a resolve url names: the hottest path of the Hub.

One prepared SQL statement answers for a public repo and its branch; what a path is at a commit never changes and is
kept in memory. So a HEAD usually runs on the event loop, without a thread, a transaction or git.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import EntryNotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import Repo, repo_text_key
from holdfast.hub.repos.git_storage.blobs import read_blob
from holdfast.hub.repos.git_storage.bounded_cache import BoundedCache
from holdfast.hub.repos.git_storage.commits import tree_of
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.revisions import resolve_revision
from holdfast.hub.repos.git_storage.trees import EntryKind, find_entry
from holdfast.hub.repos.service.access import RepoGate

MAX_REMEMBERED_CHARACTERS = 300
"""Longer paths are looked up anew each time: strangers may ask for any, and must not fill the memory with them."""

_PUBLIC_HEAD = """
SELECT repo.key, repo.head_oid, repo_ref.oid
FROM repo LEFT JOIN repo_ref ON repo_ref.repo_key = repo.key AND repo_ref.name = 'refs/heads/' || ?
WHERE repo.text_key = ? AND NOT repo.private AND repo.gated IS NULL AND NOT repo.disabled
"""


class XetFiles(Protocol):
    """Answered by `hub.xet`: under which Xet hash a stored object can be reconstructed."""

    def find_hash(self, sha256: str) -> str | None:
        """The Xet hash in hex, or None when the object is no Xet file. One prepared statement."""
        ...


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file at a commit. `sha256` None: a regular file, inside git. `size_bytes` is what a download delivers."""

    blob_oid: str
    size_bytes: int
    sha256: str | None

    @property
    def content_oid(self) -> str:
        """What the ETag is made of: the SHA-256 of a large file, the blob's oid of a regular one."""
        return self.sha256 or self.blob_oid


@dataclass(frozen=True, slots=True)
class Located:
    """A file that the actor may read."""

    repo_key: int
    commit_oid: str
    path: str
    entry: FileEntry


@dataclass(frozen=True)
class ResolveService:
    """Answers resolve urls."""

    database: Database
    gate: RepoGate
    pool: RepositoryPool
    xet_files: XetFiles
    _located: BoundedCache[tuple[int, str, str], Located | str] = field(default_factory=lambda: BoundedCache(200_000))

    def locate_hot(self, repo_type: RepoType, repo_id: RepoId, revision: str, path: str) -> Located | None:
        """Answer from memory and one SQL statement, or None when it takes more. Never blocks for long.

        Raises:
            EntryNotFound: known to be absent at that commit.
        """
        row = self.database.fetch_one(_PUBLIC_HEAD, (revision, repo_text_key(repo_type, repo_id)))
        if row is None:
            return None
        key, head_oid, branch_oid = row
        commit_oid = branch_oid or (head_oid if head_oid == revision else None)
        if commit_oid is None:
            return None
        known = self._located.get((key, commit_oid, path))
        return None if known is None else _require(known, commit_oid, path)

    def head_hot(self, repo_type: RepoType, repo_id: RepoId) -> tuple[int, str] | None:
        """Key and newest commit of a public repo, open to everybody; None for all others. Never blocks for long."""
        row = self.database.fetch_one(_PUBLIC_HEAD, ("", repo_text_key(repo_type, repo_id)))
        return None if row is None or row[1] is None else (int(row[0]), str(row[1]))

    def locate(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, revision: str, path: str) -> Located:
        """Find the file.

        Raises:
            RepoNotFound, GatedRepo, RepoMoved: see `RepoGate.find`.
            RevisionNotFound: no such branch, tag, pull request or commit.
            EntryNotFound: no such file; carries the commit.
        """
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.READ_REPO)
        with self.pool.open(repo.key) as git:
            commit_oid = resolve_revision(git, revision)
            known = self._located.get((repo.key, commit_oid, path))
            if known is None:
                found = find_entry(git, tree_of(git, commit_oid), path)
                if found is None or found.kind is not EntryKind.FILE:
                    known = "absent"
                else:
                    sha256 = found.lfs.sha256 if found.lfs else None
                    entry = FileEntry(found.oid, found.file_size_bytes or 0, sha256)
                    known = Located(repo.key, commit_oid, path, entry)
                if len(path) <= MAX_REMEMBERED_CHARACTERS:
                    self._located.put((repo.key, commit_oid, path), known)
        return _require(known, commit_oid, path)

    def read_regular(self, located: Located) -> bytes:
        """The content of a regular file, whole: it fits into a commit, hence into memory."""
        with self.pool.open(located.repo_key) as git:
            return read_blob(git, located.entry.blob_oid)

    def check_readable(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, permission: Permission) -> Repo:
        """The repo, if the actor has the permission: what `auth-check` asks."""
        with self.database.read() as connection:
            return self.gate.find(connection, actor, repo_type, repo_id, permission)


def _require(known: Located | str, commit_oid: str, path: str) -> Located:
    if isinstance(known, str):
        raise EntryNotFound(path=path, commit_oid=commit_oid)
    return known
