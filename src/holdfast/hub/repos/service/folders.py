"""A folder at a revision, with all that a page of it shows: entries with their last commits, and its own last one."""

from __future__ import annotations

from dataclasses import dataclass

import pygit2

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import EntryNotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.git_storage.commits import CommitInfo, read_commit, tree_of
from holdfast.hub.repos.git_storage.last_commits import last_commits
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.refs import Ref, list_refs
from holdfast.hub.repos.git_storage.revisions import resolve_revision
from holdfast.hub.repos.git_storage.trees import EntryKind, TreeEntry, TreePage, find_entry, list_entries
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.headers import HeaderService, RepoHeader
from holdfast.hub.repos.service.resolving import XetFiles
from holdfast.hub.repos.service.safety import FileSafety, SafetyReader

FOLDER_PAGE = 100


@dataclass(frozen=True)
class FolderEntry:
    """A file or folder.

    Args:
        last_commit: the newest that changed it; None where none was found.
        safety: of loading it; None where nothing can be said.
    """

    entry: TreeEntry
    is_xet: bool
    last_commit: CommitInfo | None
    safety: FileSafety | None = None

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.entry.path.rpartition("/")[2]

    @property
    def is_folder(self) -> bool:
        """Whether it holds others."""
        return self.entry.kind is EntryKind.DIRECTORY


@dataclass(frozen=True)
class FolderPage:
    """Some of a folder's entries.

    Args:
        refs: all refs of the repo.
        commit_oid: what the revision names; None in a repo without commits, asked for its default branch.
        is_file: there is a file at the path, and no folder: nothing else is told.
        last_commit: the newest commit that changed anything in the folder.
        next_cursor: None on the last page.
    """

    header: RepoHeader
    revision: str
    path: str
    refs: tuple[Ref, ...]
    commit_oid: str | None = None
    is_file: bool = False
    last_commit: CommitInfo | None = None
    entries: tuple[FolderEntry, ...] = ()
    next_cursor: str | None = None


@dataclass(frozen=True)
class FolderService:
    """Folders, for those who may see the repo."""

    database: Database
    gate: RepoGate
    pool: RepositoryPool
    headers: HeaderService
    xet_files: XetFiles
    safety: SafetyReader

    def read_folder(
        self,
        actor: Actor,
        repo_type: RepoType,
        repo_id: RepoId,
        revision: str,
        path: str,
        *,
        cursor: str | None = None,
        limit: int = FOLDER_PAGE,
    ) -> FolderPage:
        """One page of a folder.

        Raises:
            RevisionNotFound, EntryNotFound.
        """
        path = path.strip("/")
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.SEE_REPO)
            header = self.headers.header_of(connection, actor, repo)
        with self.pool.open(repo.key) as git:
            refs = tuple(list_refs(git))
            if repo.head_oid is None and revision == repo.default_branch and not path:
                return FolderPage(header, revision, path, refs)
            commit_oid = resolve_revision(git, revision)
            page = _page(git, commit_oid, path, cursor, limit)
            if page is None:
                return FolderPage(header, revision, path, refs, commit_oid, is_file=True)
            entries = self._described(repo.key, git, commit_oid, page)
            last = last_commits(git, commit_oid, [path]).get(path) if path else read_commit(git, commit_oid)
        return FolderPage(
            header,
            revision,
            path,
            refs,
            commit_oid,
            last_commit=last,
            entries=entries,
            next_cursor=page.next_cursor,
        )

    def _described(
        self, repo_key: int, git: pygit2.Repository, commit_oid: str, page: TreePage
    ) -> tuple[FolderEntry, ...]:
        newest = last_commits(git, commit_oid, [entry.path for entry in page.entries])
        safety = self.safety.safety_of(repo_key, page.entries)
        return tuple(
            FolderEntry(
                entry,
                entry.lfs is not None and self.xet_files.find_hash(entry.lfs.sha256) is not None,
                newest.get(entry.path),
                safety.get(entry.path),
            )
            for entry in page.entries
        )


def _page(git: pygit2.Repository, commit_oid: str, path: str, cursor: str | None, limit: int) -> TreePage | None:
    """None for a file."""
    tree_oid = tree_of(git, commit_oid)
    found = find_entry(git, tree_oid, path)
    if found is None:
        raise EntryNotFound(path=path, commit_oid=commit_oid)
    if found.kind is EntryKind.FILE:
        return None
    return list_entries(git, tree_oid, path, after=cursor, limit=limit)
