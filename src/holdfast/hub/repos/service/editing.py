"""Editing text files in a browser: reading one, and saving it unless somebody else has changed it meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pygit2

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import (
    Conflict,
    EntryNotFound,
    Forbidden,
    HoldfastError,
    RevisionNotFound,
    StaleParent,
    TooLarge,
)
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType, check_repo_path
from holdfast.hub.repos.domain import AddFile, CommitHeader, CommitResult, DeleteFile, Operation, Repo
from holdfast.hub.repos.git_storage.blobs import read_blob
from holdfast.hub.repos.git_storage.commits import tree_of
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.refs import HEADS, read_ref
from holdfast.hub.repos.git_storage.revisions import resolve_revision
from holdfast.hub.repos.git_storage.trees import EntryKind, TreeEntry, find_entry
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.committing import CommitService, full_ref
from holdfast.hub.repos.service.pulls import PULL_REF_PREFIX, PullService

MAX_EDITED_BYTES = 1024 * 1024
"""Beyond it, an editor in a browser is of no use."""
_TRIES = 5
_NOT_TEXT = "This file holds no text in UTF-8, so it can't be edited here. Upload another one in its place."
_LARGE_FILE = "This is a large file, which can't be edited here. Upload another one in its place."


@dataclass(frozen=True)
class Target:
    """A branch, or the commits of a pull request, that the actor wants to change.

    Args:
        head_oid: its commit now: what a form gives back as `parent`.
        may_commit: the actor may change it directly.
        may_propose: changes can also become a pull request, which they can't for another pull request.
    """

    repo: Repo
    revision: str
    head_oid: str
    may_commit: bool
    may_propose: bool


@dataclass(frozen=True)
class EditableFile:
    """A text file of a target; `text` has the line ends of Unix, whatever the file has."""

    target: Target
    path: str
    text: str


@dataclass(frozen=True)
class FileChange:
    """What a form wants.

    Args:
        path: where the text shall be.
        old_path: where it was when the form was opened; None for a new file.
        text: with the line ends of Unix. None deletes the file.
    """

    path: str
    old_path: str | None
    text: str | None


@dataclass(frozen=True)
class EditService:
    """Changes of single files."""

    database: Database
    gate: RepoGate
    pool: RepositoryPool
    pulls: PullService
    commits: CommitService

    def find_target(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, revision: str) -> Target:
        """What can be changed under that name.

        Raises:
            RevisionNotFound: no branch and no pull request: tags and commits stay as they are.
            Forbidden: somebody else's pull request.
        """
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.DISCUSS_REPO)
            ref = full_ref(revision)
            may_commit = True
            try:
                self.pulls.check_may_write(connection, actor, repo, ref)
            except Forbidden:
                may_commit = False
        may_propose = ref.startswith(HEADS)
        if not may_commit and not may_propose:
            raise Forbidden(reason="Only who opened this pull request, and who may write to the repo, may change it.")
        with self.pool.open(repo.key) as git:
            head_oid = read_ref(git, ref) if ref.startswith((HEADS, PULL_REF_PREFIX)) else None
        if head_oid is None:
            raise RevisionNotFound(revision=revision)
        return Target(repo, revision, head_oid, may_commit, may_propose)

    def open_file(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, revision: str, path: str) -> EditableFile:
        """A text file to be edited.

        Raises:
            EntryNotFound: nothing there.
            Conflict: no text, or a large file.
            TooLarge: more than anybody edits in a browser.
        """
        target = self.find_target(actor, repo_type, repo_id, revision)
        with self.pool.open(target.repo.key) as git:
            content = _read(git, target, path)
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise Conflict(reason=_NOT_TEXT) from error
        return EditableFile(target, path, text.replace("\r\n", "\n"))

    def check_there(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, revision: str, path: str) -> Target:
        """The target, if it has a file or folder at `path`; else raises EntryNotFound."""
        target = self.find_target(actor, repo_type, repo_id, revision)
        with self.pool.open(target.repo.key) as git:
            if _entry(git, target.head_oid, path) is None:
                raise EntryNotFound(path=path, commit_oid=target.head_oid)
        return target

    def save(
        self,
        actor: Actor,
        repo_type: RepoType,
        repo_id: RepoId,
        revision: str,
        header: CommitHeader,
        change: FileChange,
        *,
        create_pr: bool = False,
    ) -> CommitResult:
        """Commit the change on top of the branch as it is now, or as a new pull request against it.

        Others may have committed since the form was opened at the header's parent: only to these files they may not.

        Raises:
            StaleParent: somebody changed one of the files meanwhile; nothing was saved.
            Conflict: a new file, or a new name, that exists already.
            InvalidPath, InvalidCard: as `CommitService.create_commit`.
        """
        check_repo_path(change.path)
        for _ in range(_TRIES):
            target = self.find_target(actor, repo_type, repo_id, revision)
            operations = self._operations(target, header.parent_oid, change)
            current = replace(header, parent_oid=target.head_oid)
            try:
                return self.commits.create_commit(
                    actor, repo_type, repo_id, revision, current, operations, create_pr=create_pr
                )
            except StaleParent:
                continue  # others committed in this very moment; what they changed decides
        raise StaleParent

    def _operations(self, target: Target, parent_oid: str | None, change: FileChange) -> Sequence[Operation]:
        with self.pool.open(target.repo.key) as git:
            start_oid = _start(git, target, parent_oid)
            touched = {change.path, change.old_path or change.path}
            if any(_oid(git, start_oid, path) != _oid(git, target.head_oid, path) for path in touched):
                raise StaleParent
            if change.text is None:
                return [DeleteFile(change.path)]
            if change.path != change.old_path and _entry(git, target.head_oid, change.path) is not None:
                raise Conflict(reason=f"{change.path} exists already.")
            old = b"" if change.old_path is None else _read(git, target, change.old_path)
        content = change.text.replace("\n", "\r\n") if _has_windows_line_ends(old) else change.text
        added = AddFile(change.path, content.encode())
        is_moved = change.old_path not in (None, change.path)
        return [DeleteFile(change.old_path), added] if is_moved and change.old_path else [added]


def _start(git: pygit2.Repository, target: Target, parent_oid: str | None) -> str:
    """The commit at which a form was opened; where it is gone, the history was rewritten meanwhile."""
    try:
        return resolve_revision(git, parent_oid) if parent_oid else target.head_oid
    except RevisionNotFound as error:
        raise StaleParent from error


def _read(git: pygit2.Repository, target: Target, path: str) -> bytes:
    entry = _entry(git, target.head_oid, path)
    if entry is None or entry.kind is not EntryKind.FILE:
        raise EntryNotFound(path=path, commit_oid=target.head_oid)
    problem = _problem(entry)
    if problem is not None:
        raise problem
    return read_blob(git, entry.oid)


def _problem(entry: TreeEntry) -> HoldfastError | None:
    if entry.lfs is not None:
        return Conflict(reason=_LARGE_FILE)
    if (entry.size_bytes or 0) > MAX_EDITED_BYTES:
        return TooLarge(what="This file", limit=f"{MAX_EDITED_BYTES} bytes that can be edited here")
    return None


def _entry(git: pygit2.Repository, commit_oid: str, path: str) -> TreeEntry | None:
    return find_entry(git, tree_of(git, commit_oid), path)


def _oid(git: pygit2.Repository, commit_oid: str, path: str) -> str | None:
    entry = _entry(git, commit_oid, path)
    return entry.oid if entry is not None else None


def _has_windows_line_ends(content: bytes) -> bool:
    count = content.count(b"\r\n")
    return count > 0 and count == content.count(b"\n")
