"""Preupload and commit: how files enter a repo through the API. All of a commit or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pygit2
from sqlalchemy import Connection

from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import InvalidCard, InvalidInput, ObjectNotFound, RevisionNotFound, StaleParent
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.domain import (
    AddFile,
    AddLargeFile,
    CommitHeader,
    CommitResult,
    DeleteFile,
    DeleteFolder,
    Operation,
    Repo,
)
from holdfast.hub.repos.git_storage.commits import add_commit, create_commit, tree_of
from holdfast.hub.repos.git_storage.edits import DeleteEntry, Edit, PutBlob, apply_edits
from holdfast.hub.repos.git_storage.object_writer import ObjectWriter
from holdfast.hub.repos.git_storage.pointers import LfsPointer, format_lfs_pointer, parse_lfs_pointer
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.refs import HEADS, read_ref
from holdfast.hub.repos.metadata.card_rules import validate_card
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.authorship import author_of
from holdfast.hub.repos.service.indexing import RepoIndex
from holdfast.hub.repos.service.large_file_rules import GITATTRIBUTES, with_large_file_rules
from holdfast.hub.repos.service.pulls import PullService
from holdfast.hub.repos.store import repos


@dataclass(frozen=True)
class Staged:
    """A commit's content, already in git's object store but in no tree yet. `large_files` are all that it names."""

    edits: Sequence[Edit]
    large_files: Sequence[AddLargeFile]

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that is touched."""
        return tuple(edit.path for edit in self.edits)

    @property
    def written_files(self) -> tuple[str, ...] | None:
        """The only files that change; None with a deletion, which may be of a folder with anything in it."""
        deletes = any(isinstance(edit, DeleteEntry) for edit in self.edits)
        return None if deletes else self.paths


@dataclass(frozen=True)
class CommitService:
    """Commits through the API."""

    database: Database
    gate: RepoGate
    pool: RepositoryPool
    index: RepoIndex
    objects: ObjectService
    pulls: PullService
    clock: Clock

    def create_commit(
        self,
        actor: Actor,
        repo_type: RepoType,
        repo_id: RepoId,
        revision: str,
        header: CommitHeader,
        operations: Iterable[Operation],
        *,
        create_pr: bool = False,
    ) -> CommitResult:
        """Apply the operations on top of a branch, or in a new pull request against it.

        Raises:
            StaleParent: the branch is not at the header's parent.
            RevisionNotFound: no such branch or pull request; commits can't be committed to.
            InvalidInput: a large file that was not uploaded to this repo; `oid` names it.
            NothingToDelete: a path to delete that isn't there.
            StorageFull: nothing was changed.
        """
        repo, ref = self._target(actor, repo_type, repo_id, revision, create_pr=create_pr)
        staged = self._stage(repo, operations)
        with self.index.changing(repo.key, lambda connection: self._claim(connection, repo, staged)) as changes:
            parent_oid = _checked_head(changes.git, ref, revision, header.parent_oid)
            oid = self._write_commit(changes.git, parent_oid, staged, actor, header)
            changes.touched_paths = staged.written_files
            if create_pr:
                num = self.pulls.open_in(changes, repo, actor, header, base_ref=ref, head_oid=oid)
                return CommitResult(repo, oid, num)
            changes.move(ref, oid, parent_oid)
        return CommitResult(repo, oid)

    def check_may_commit(self, actor: Actor, repo_type: RepoType, repo_id: RepoId) -> None:
        """Refuse, before a body is received, who can't even open a pull request here."""
        with self.database.read() as connection:
            self.gate.find(connection, actor, repo_type, repo_id, Permission.DISCUSS_REPO)

    def _target(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, revision: str, *, create_pr: bool
    ) -> tuple[Repo, str]:
        with self.database.read() as connection:
            permission = Permission.DISCUSS_REPO if create_pr else Permission.SEE_REPO
            repo = self.gate.find(connection, actor, repo_type, repo_id, permission)
            ref = full_ref(revision)
            if create_pr and not ref.startswith(HEADS):
                raise RevisionNotFound(revision=revision)
            if not create_pr:
                self.pulls.check_may_write(connection, actor, repo, ref)
            if repos.find_ref(connection, repo.key, ref) is None:
                raise RevisionNotFound(revision=revision)
        return repo, ref

    def _stage(self, repo: Repo, operations: Iterable[Operation]) -> Staged:
        large_files: list[AddLargeFile] = []
        named: list[AddLargeFile] = []
        planned: list[Edit] = []
        with self.pool.open(repo.key) as git, ObjectWriter(git) as writer:
            for operation in operations:
                match operation:
                    case AddFile(path, content):
                        _check_card(repo.type, path, content)
                        named += _named_by_pointer(path, content)
                        planned.append(PutBlob(path, writer.write_blob(content)))
                    case AddLargeFile():
                        large_files.append(operation)
                    case DeleteFile(path) | DeleteFolder(path):
                        planned.append(DeleteEntry(path))
            sizes = self._sizes(repo, [*large_files, *named])
            for large in large_files:
                pointer = format_lfs_pointer(LfsPointer(large.sha256, sizes[large.sha256]))
                planned.append(PutBlob(large.path, writer.write_blob(pointer)))
        return Staged(planned, [*large_files, *named])

    def _sizes(self, repo: Repo, large_files: Sequence[AddLargeFile]) -> dict[str, int]:
        if not large_files:
            return {}
        with self.database.read() as connection:
            sizes = self.objects.linked(connection, repo.key, {large.sha256 for large in large_files})
        for large in large_files:
            if large.sha256 not in sizes:
                raise InvalidInput(
                    field=large.path, problem=f"points to object {large.sha256}, which was not uploaded to this repo"
                )
            if large.size_bytes is not None and large.size_bytes != sizes[large.sha256]:
                raise InvalidInput(
                    field=large.path, problem=f"has {sizes[large.sha256]} bytes, not {large.size_bytes} as declared"
                )
        return sizes

    def _claim(self, connection: Connection, repo: Repo, staged: Staged) -> None:
        # In the transaction before the ref moves: from here on, gc takes these objects for offered just now.
        try:
            self.objects.link(connection, repo.key, {large.sha256 for large in staged.large_files})
        except ObjectNotFound as error:
            raise InvalidInput(
                field="lfsFile", problem=f"points to {error.oid}, which is gone; upload again"
            ) from error

    def _write_commit(
        self, git: pygit2.Repository, parent_oid: str, staged: Staged, actor: Actor, header: CommitHeader
    ) -> str:
        author = author_of(actor, self.clock())
        says = (author, header.summary)
        with ObjectWriter(git) as writer:
            old_tree_oid = tree_of(git, parent_oid)
            tree_oid = apply_edits(git, old_tree_oid, staged.edits, writer).oid
            if not staged.large_files and GITATTRIBUTES not in staged.paths:
                return add_commit(writer, tree_oid, (parent_oid,), *says, description=header.description)
        paths = [large.path for large in staged.large_files]
        tree_oid = with_large_file_rules(git, old_tree_oid, tree_oid, paths)
        return create_commit(git, tree_oid, (parent_oid,), *says, description=header.description)


def full_ref(revision: str) -> str:
    """The ref that a revision word of a commit request names; commit ids name none."""
    if revision.startswith("refs/"):
        return revision
    return HEADS + revision


def _checked_head(git: pygit2.Repository, ref: str, revision: str, expected_oid: str | None) -> str:
    head_oid = read_ref(git, ref)
    if head_oid is None:
        raise RevisionNotFound(revision=revision)
    if expected_oid is not None and not head_oid.startswith(expected_oid):
        raise StaleParent
    return head_oid


def _named_by_pointer(path: str, content: bytes) -> tuple[AddLargeFile, ...]:
    # A git-lfs pointer, sent as if it were any file, gives no more than one sent as a large file.
    pointer = parse_lfs_pointer(content)
    return () if pointer is None else (AddLargeFile(path, pointer.sha256, pointer.size_bytes),)


def _check_card(repo_type: RepoType, path: str, content: bytes) -> None:
    if path != "README.md":
        return
    report = validate_card(content.decode("utf-8", "replace"), repo_type)
    if report.errors:
        raise InvalidCard(errors=tuple(report.errors))
