"""What happened to a repo's files: commits of a path, what a commit changed, who wrote each line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pygit2

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import EntryNotFound, InvalidInput, TooLarge
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.git_storage.blame import Blame, blame_file
from holdfast.hub.repos.git_storage.blobs import read_blob
from holdfast.hub.repos.git_storage.commits import CommitInfo, read_commit, tree_of
from holdfast.hub.repos.git_storage.diffs import compare
from holdfast.hub.repos.git_storage.history import list_commits
from holdfast.hub.repos.git_storage.patches import FilePatch, read_patches
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.revisions import resolve_revision
from holdfast.hub.repos.git_storage.trees import EntryKind, find_entry
from holdfast.hub.repos.service.access import RepoGate

PATCHES_PAGE = 50
MAX_BLAMED_BYTES = 1024 * 1024
MAX_BLAMED_LINES = 20_000
_SEARCHED_FOR_NUL = 8_000
"""As git decides whether a file is text."""


@dataclass(frozen=True)
class PathHistory:
    """A page of the commits of `path` (all, for the empty one) that `commit_oid` reaches, newest first."""

    repo: Repo
    commit_oid: str
    path: str
    commits: list[CommitInfo]
    next_cursor: str | None


@dataclass(frozen=True)
class CommitPatches:
    """What a commit changed in its first parent, a page of files at a time.

    `file_count` is of all files; `is_truncated` when even more changed than are counted. `next_file` is where the next
    page starts, None on the last one.
    """

    repo: Repo
    commit: CommitInfo
    patches: tuple[FilePatch, ...]
    file_count: int
    is_truncated: bool
    first_file: int
    next_file: int | None


@dataclass(frozen=True)
class BlamedFile:
    """A text file at a commit, with the origin of its `lines`, which have no ends."""

    repo: Repo
    commit_oid: str
    path: str
    size_bytes: int
    lines: list[str]
    blame: Blame


@dataclass(frozen=True)
class HistoryService:
    """History of files, for those who may see the repo; what files hold, for those who may read it."""

    database: Database
    gate: RepoGate
    pool: RepositoryPool

    def list_commits(
        self,
        actor: Actor,
        repo_type: RepoType,
        repo_id: RepoId,
        revision: str,
        path: str,
        *,
        cursor: str | None,
        limit: int,
    ) -> PathHistory:
        """Commits that changed a file or folder, also one that is gone; of everything for the empty path.

        Raises:
            RevisionNotFound.
            EntryNotFound: there never was anything at that path.
        """
        path = path.strip("/")
        with self._opened(actor, repo_type, repo_id, Permission.SEE_REPO) as (repo, git):
            commit_oid = resolve_revision(git, revision)
            page = list_commits(git, commit_oid, path=path, after=cursor, limit=limit)
        if path and not page.commits:
            raise EntryNotFound(path=path, commit_oid=commit_oid)
        return PathHistory(repo, commit_oid, path, page.commits, page.next_cursor)

    def show_commit(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, revision: str, *, first_file: int = 0
    ) -> CommitPatches:
        """A commit and what it changed, from the `first_file`-th file on, counted from 0.

        Raises:
            RevisionNotFound.
        """
        with self._opened(actor, repo_type, repo_id, Permission.READ_REPO) as (repo, git):
            commit = read_commit(git, resolve_revision(git, revision))
            found = compare(git, commit.parents[0] if commit.parents else None, commit.oid)
            patches = tuple(read_patches(git, found.changes[first_file : first_file + PATCHES_PAGE]))
        count, end = len(found.changes), first_file + len(patches)
        return CommitPatches(repo, commit, patches, count, found.truncated, first_file, end if end < count else None)

    def blame(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, revision: str, path: str) -> BlamedFile:
        """Which commit each line of a text file comes from.

        Raises:
            RevisionNotFound, EntryNotFound.
            InvalidInput: no text, or a large file, of which git has no lines.
            TooLarge: more than `MAX_BLAMED_BYTES` or `MAX_BLAMED_LINES`.
        """
        path = path.strip("/")
        with self._opened(actor, repo_type, repo_id, Permission.READ_REPO) as (repo, git):
            commit_oid = resolve_revision(git, revision)
            content = _text_file(git, commit_oid, path)
            blame = blame_file(git, commit_oid, path)
        lines = content.decode("utf-8", "replace").split("\n")
        if not lines[-1]:
            lines.pop()
        return BlamedFile(repo, commit_oid, path, len(content), [line.removesuffix("\r") for line in lines], blame)

    @contextmanager
    def _opened(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, permission: Permission
    ) -> Iterator[tuple[Repo, pygit2.Repository]]:
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, permission)
        with self.pool.open(repo.key) as git:
            yield repo, git


def _text_file(git: pygit2.Repository, commit_oid: str, path: str) -> bytes:
    entry = find_entry(git, tree_of(git, commit_oid), path)
    if entry is None or entry.kind is not EntryKind.FILE:
        raise EntryNotFound(path=path, commit_oid=commit_oid)
    if entry.lfs is not None:
        raise InvalidInput(field="path", problem="names a large file, which has no lines to blame")
    if (entry.size_bytes or 0) > MAX_BLAMED_BYTES:
        raise TooLarge(what=entry.path, limit=f"{MAX_BLAMED_BYTES} bytes")
    content = read_blob(git, entry.oid)
    if b"\0" in content[:_SEARCHED_FOR_NUL]:
        raise InvalidInput(field="path", problem="names a binary file, which has no lines to blame")
    if content.count(b"\n") > MAX_BLAMED_LINES:
        raise TooLarge(what=entry.path, limit=f"{MAX_BLAMED_LINES} lines")
    return content
