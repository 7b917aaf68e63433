"""Tells a client, before it uploads, how each file must travel and what is there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pygit2

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import RevisionNotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType, check_repo_path
from holdfast.hub.repos.git_storage.blobs import read_blob
from holdfast.hub.repos.git_storage.commits import tree_of
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.refs import HEADS, read_ref
from holdfast.hub.repos.git_storage.revisions import resolve_revision
from holdfast.hub.repos.git_storage.trees import EntryKind, find_entry
from holdfast.hub.repos.metadata.upload_mode import UploadMode, UploadRules
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.committing import full_ref
from holdfast.hub.repos.service.pulls import PullService

_MAX_RULES_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Candidate:
    """A file that a client wants to upload; `sample` is its first 512 bytes."""

    path: str
    size_bytes: int
    sample: bytes


@dataclass(frozen=True)
class Decision:
    """How to upload a file. `current_oid` is the SHA-256 or git oid of what is at the path now, None for nothing."""

    path: str
    mode: UploadMode
    should_ignore: bool
    current_oid: str | None


@dataclass(frozen=True)
class PreuploadService:
    """Decides upload modes."""

    database: Database
    gate: RepoGate
    pool: RepositoryPool
    pulls: PullService

    def preupload(
        self,
        actor: Actor,
        repo_type: RepoType,
        repo_id: RepoId,
        revision: str,
        candidates: Sequence[Candidate],
        gitignore: str | None,
        *,
        create_pr: bool,
    ) -> list[Decision]:
        """Decide for each file; `gitignore` None means the one in the repo.

        Raises:
            InvalidPath: a path that may not be.
            RevisionNotFound: no such revision; with `create_pr` it must be a branch.
        """
        for candidate in candidates:
            check_repo_path(candidate.path)
        with self.database.read() as connection:
            permission = Permission.DISCUSS_REPO if create_pr else Permission.SEE_REPO
            repo = self.gate.find(connection, actor, repo_type, repo_id, permission)
            if not create_pr:
                self.pulls.check_may_write(connection, actor, repo, full_ref(revision))
        with self.pool.open(repo.key) as git:
            tree_oid = tree_of(git, _target(git, revision, create_pr=create_pr))
            if gitignore is None:
                gitignore = _text(git, tree_oid, ".gitignore")
            rules = UploadRules.parse(_text(git, tree_oid, ".gitattributes"), gitignore)
            return [_decide(git, tree_oid, rules, candidate) for candidate in candidates]


def _target(git: pygit2.Repository, revision: str, *, create_pr: bool) -> str:
    if not create_pr:
        return resolve_revision(git, revision)
    oid = read_ref(git, full_ref(revision)) if full_ref(revision).startswith(HEADS) else None
    if oid is None:
        raise RevisionNotFound(revision=revision)
    return oid


def _decide(git: pygit2.Repository, tree_oid: str, rules: UploadRules, candidate: Candidate) -> Decision:
    entry = find_entry(git, tree_oid, candidate.path)
    current = None
    if entry is not None and entry.kind is EntryKind.FILE:
        current = entry.lfs.sha256 if entry.lfs else entry.oid
    return Decision(
        candidate.path,
        rules.mode(candidate.path, candidate.size_bytes, candidate.sample),
        rules.should_ignore(candidate.path),
        current,
    )


def _text(git: pygit2.Repository, tree_oid: str, path: str) -> str | None:
    entry = find_entry(git, tree_oid, path)
    if entry is None or entry.kind is not EntryKind.FILE or entry.lfs or (entry.size_bytes or 0) > _MAX_RULES_BYTES:
        return None
    return read_blob(git, entry.oid).decode("utf-8", "replace")
