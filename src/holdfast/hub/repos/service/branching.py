"""Branches and tags: create, delete, squash, revert."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import InvalidInput, RevisionNotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.git_storage.commits import Author, create_commit, read_commit, tree_of
from holdfast.hub.repos.git_storage.merging import reverted_tree
from holdfast.hub.repos.git_storage.refs import HEADS, TAGS, check_branch_name, check_tag_name, create_tag, read_ref
from holdfast.hub.repos.git_storage.revisions import resolve_revision
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.authorship import author_of, empty_tree
from holdfast.hub.repos.service.committing import full_ref
from holdfast.hub.repos.service.indexing import RepoIndex


@dataclass(frozen=True)
class BranchService:
    """Moves refs other than by committing files."""

    database: Database
    gate: RepoGate
    index: RepoIndex
    clock: Clock

    def create_branch(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, branch: str, start: str | None, *, empty: bool = False
    ) -> None:
        """Create a branch at a revision (default: the default branch), or with one empty commit.

        Raises:
            RefExists, RevisionNotFound, InvalidInput.
        """
        repo = self._repo(actor, repo_type, repo_id)
        ref = HEADS + check_branch_name(branch)
        with self.index.changing(repo.key) as changes:
            if empty:
                oid = create_commit(changes.git, empty_tree(changes.git), (), self._author(actor), "initial commit")
            else:
                oid = resolve_revision(changes.git, start or repo.default_branch)
            changes.create(ref, oid)

    def delete_branch(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, branch: str) -> None:
        """Delete a branch; never the default one."""
        repo = self._repo(actor, repo_type, repo_id)
        ref = HEADS + branch
        if ref == repo.default_ref:
            raise InvalidInput(field="branch", problem=f"is the default branch. Cannot delete {ref}")
        with self.index.changing(repo.key) as changes:
            if read_ref(changes.git, ref) is None:
                raise RevisionNotFound(revision=branch)
            changes.delete(ref)

    def create_tag(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, revision: str, tag: str, message: str | None
    ) -> None:
        """Tag a revision; with a message the tag is annotated. The revision is checked before the name."""
        repo = self._repo(actor, repo_type, repo_id)
        with self.index.changing(repo.key) as changes:
            oid = resolve_revision(changes.git, revision)
            check_tag_name(tag)
            create_tag(changes.git, tag, oid, self._author(actor), message)
            changes.note_created(TAGS + tag, oid)

    def delete_tag(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, tag: str) -> None:
        """Delete a tag."""
        repo = self._repo(actor, repo_type, repo_id)
        with self.index.changing(repo.key) as changes:
            if read_ref(changes.git, TAGS + tag) is None:
                raise RevisionNotFound(revision=tag)
            changes.delete(TAGS + tag)

    def super_squash(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, branch: str, message: str | None) -> str:
        """Replace a branch's history by one commit with the same files; returns its oid."""
        repo = self._repo(actor, repo_type, repo_id)
        ref = full_ref(branch)
        with self.index.changing(repo.key) as changes:
            head_oid = read_ref(changes.git, ref)
            if head_oid is None:
                raise RevisionNotFound(revision=branch)
            summary = message or f"Super-squash branch '{branch}' using huggingface_hub"
            oid = create_commit(changes.git, tree_of(changes.git, head_oid), (), self._author(actor), summary)
            changes.touched_paths = ()
            changes.move(ref, oid, head_oid)
        return oid

    def revert(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, branch: str, commit_oid: str) -> str:
        """Undo one commit of a branch by a new one on top; returns its oid.

        Raises:
            Conflict: later commits changed the same lines.
        """
        repo = self._repo(actor, repo_type, repo_id)
        ref = full_ref(branch)
        with self.index.changing(repo.key) as changes:
            head_oid = read_ref(changes.git, ref)
            if head_oid is None:
                raise RevisionNotFound(revision=branch)
            bad_oid = resolve_revision(changes.git, commit_oid)
            tree_oid = reverted_tree(changes.git, bad_oid, head_oid)
            summary = f'Revert "{read_commit(changes.git, bad_oid).summary}"'
            why = f"This reverts commit {bad_oid}."
            author = self._author(actor)
            oid = create_commit(changes.git, tree_oid, (head_oid,), author, summary, description=why)
            changes.move(ref, oid, head_oid)
        return oid

    def _author(self, actor: Actor) -> Author:
        return author_of(actor, self.clock())

    def _repo(self, actor: Actor, repo_type: RepoType, repo_id: RepoId) -> Repo:
        with self.database.read() as connection:
            return self.gate.find(connection, actor, repo_type, repo_id, Permission.WRITE_REPO)
