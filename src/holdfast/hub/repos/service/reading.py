"""Reads git data for the API: trees, paths, refs, commits, comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pygit2

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import EntryNotFound, InvalidInput
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.git_storage.commits import CommitInfo, tree_of
from holdfast.hub.repos.git_storage.diffs import compare, format_raw, unified_diff
from holdfast.hub.repos.git_storage.folder_sizes import folder_size
from holdfast.hub.repos.git_storage.history import count_commits
from holdfast.hub.repos.git_storage.last_commits import last_commits
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.refs import Ref, list_refs
from holdfast.hub.repos.git_storage.revisions import resolve_revision
from holdfast.hub.repos.git_storage.trees import TreeEntry, find_entry, list_entries
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.resolving import XetFiles
from holdfast.hub.repos.service.safety import FileSafety, SafetyReader

MAX_PATHS = 5_000


@dataclass(frozen=True)
class DetailedEntry:
    """A tree entry with what other stores know of it; `last_commit` and `safety` only where asked for."""

    entry: TreeEntry
    xet_hash: str | None
    last_commit: CommitInfo | None
    safety: FileSafety | None = None


@dataclass(frozen=True)
class DetailedPage:
    """Some entries; `next_cursor` None means that these are the last."""

    entries: list[DetailedEntry]
    next_cursor: str | None


@dataclass(frozen=True)
class ReadService:
    """What git holds, for those who may see the repo."""

    database: Database
    gate: RepoGate
    pool: RepositoryPool
    xet_files: XetFiles
    safety: SafetyReader

    def list_tree(
        self,
        actor: Actor,
        repo_type: RepoType,
        repo_id: RepoId,
        revision: str,
        path: str,
        *,
        recursive: bool,
        expand: bool,
        cursor: str | None,
        limit: int,
    ) -> DetailedPage:
        """One page of a folder.

        Raises:
            RevisionNotFound, EntryNotFound.
        """
        with self._opened(actor, repo_type, repo_id) as (repo, git):
            commit_oid = resolve_revision(git, revision)
            try:
                page = list_entries(git, tree_of(git, commit_oid), path, recursive=recursive, after=cursor, limit=limit)
            except EntryNotFound as error:
                raise EntryNotFound(path=path, commit_oid=commit_oid) from error
            entries = self._detailed(repo, git, commit_oid, page.entries, expand=expand)
        return DetailedPage(entries, page.next_cursor)

    def folder_size(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, revision: str, path: str) -> int:
        """Bytes of all files of a folder, or of the one file at `path`; large files count in full.

        Raises:
            RevisionNotFound, EntryNotFound.
        """
        with self._opened(actor, repo_type, repo_id) as (_, git):
            commit_oid = resolve_revision(git, revision)
            entry = find_entry(git, tree_of(git, commit_oid), path)
            if entry is None:
                raise EntryNotFound(path=path, commit_oid=commit_oid)
            return folder_size(git, entry.oid) if entry.file_size_bytes is None else entry.file_size_bytes

    def get_paths_info(
        self,
        actor: Actor,
        repo_type: RepoType,
        repo_id: RepoId,
        revision: str,
        paths: Sequence[str],
        *,
        expand: bool,
    ) -> list[DetailedEntry]:
        """The entries at those paths that exist."""
        if len(paths) > MAX_PATHS:
            raise InvalidInput(field="paths", problem=f"must have at most {MAX_PATHS} entries")
        with self._opened(actor, repo_type, repo_id) as (repo, git):
            commit_oid = resolve_revision(git, revision)
            tree_oid = tree_of(git, commit_oid)
            found = (find_entry(git, tree_oid, path) for path in dict.fromkeys(paths))
            entries = [entry for entry in found if entry and entry.path]
            return self._detailed(repo, git, commit_oid, entries, expand=expand)

    def list_refs(self, actor: Actor, repo_type: RepoType, repo_id: RepoId) -> list[Ref]:
        """All refs."""
        with self._opened(actor, repo_type, repo_id) as (_, git):
            return list_refs(git)

    def compare(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, base: str, head: str, *, raw: bool) -> str:
        """The difference of two revisions as text: like `git diff`, or like `git diff --raw`."""
        with self._opened(actor, repo_type, repo_id, Permission.READ_REPO) as (_, git):
            found = compare(git, resolve_revision(git, base), resolve_revision(git, head))
            return format_raw(found.changes) if raw else unified_diff(git, found.changes).text

    def count_commits(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, revision: str) -> int:
        """How many commits the history of a revision has."""
        with self._opened(actor, repo_type, repo_id) as (_, git):
            return count_commits(git, resolve_revision(git, revision))

    @contextmanager
    def _opened(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, permission: Permission = Permission.SEE_REPO
    ) -> Iterator[tuple[Repo, pygit2.Repository]]:
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, permission)
        with self.pool.open(repo.key) as git:
            yield repo, git

    def _detailed(
        self, repo: Repo, git: pygit2.Repository, commit_oid: str, entries: Sequence[TreeEntry], *, expand: bool
    ) -> list[DetailedEntry]:
        newest = last_commits(git, commit_oid, [entry.path for entry in entries]) if expand else {}
        safety = self.safety.safety_of(repo.key, entries) if expand else {}
        return [
            DetailedEntry(
                entry,
                self.xet_files.find_hash(entry.lfs.sha256) if entry.lfs else None,
                newest.get(entry.path),
                safety.get(entry.path),
            )
            for entry in entries
        ]
