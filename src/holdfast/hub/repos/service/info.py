"""What the Hub tells about one repo: identity, counters, facts of a revision, file list."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import pygit2
from sqlalchemy import Connection

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import RevisionNotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.git_storage.bounded_cache import BoundedCache
from holdfast.hub.repos.git_storage.commits import tree_of
from holdfast.hub.repos.git_storage.folder_sizes import folder_size
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.revisions import resolve_revision
from holdfast.hub.repos.git_storage.trees import EntryKind, TreeEntry, list_entries
from holdfast.hub.repos.metadata.info_fields import info_fields
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.eval_results import eval_results_at
from holdfast.hub.repos.service.facts import FactReader
from holdfast.hub.repos.service.safety import SafetyReader, SafetyStatus
from holdfast.hub.repos.store import repos, tags

MAX_SIBLINGS = 200_000
MAX_SPACES = 100
_SIBLINGS_PAGE = 10_000
MAX_FILES_WITH_ISSUES = 1_000
_IN_GIT = frozenset({"siblings", "mainSize", "evalResults", "securityRepoStatus"})


@dataclass(frozen=True)
class RepoInfo:
    """A repo at a revision. `files` None: not asked for; `extras` holds other dear parts that were, by their name."""

    repo: Repo
    commit_oid: str | None
    facts: dict[str, Any]
    files: list[TreeEntry] | None
    extras: dict[str, Any]


@dataclass(frozen=True)
class InfoService:
    """Repo info, of one repo."""

    database: Database
    gate: RepoGate
    pool: RepositoryPool
    facts: FactReader
    objects: ObjectService
    safety: SafetyReader
    _files: BoundedCache[str, list[TreeEntry]] = field(default_factory=lambda: BoundedCache(32))

    def repo_info(
        self,
        actor: Actor,
        repo_type: RepoType,
        repo_id: RepoId,
        revision: str | None,
        *,
        parts: Collection[str],
    ) -> RepoInfo:
        """Tell about a repo; `parts` names the fields that are wanted, of which only the dear ones count.

        Dear are `siblings`, `usedStorage`, `mainSize` (datasets), `childrenModelCount`, `spaces` and `evalResults`
        (models), `securityRepoStatus`.

        Raises:
            RepoNotFound, RevisionNotFound.
        """
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.SEE_REPO)
            extras = self._extras(connection, repo, parts)
            facts = repos.get_facts(connection, [repo.key]).get(repo.key, {})
        if revision is None and _IN_GIT.isdisjoint(parts):
            return RepoInfo(repo, repo.head_oid, facts, None, extras)
        with self.pool.open(repo.key) as git:
            commit_oid = _commit(git, repo, revision)
            files = self._list_files(git, commit_oid) if "siblings" in parts else None
            if commit_oid is not None:
                extras |= _extras_in_git(git, repo.type, tree_of(git, commit_oid), parts)
            if "securityRepoStatus" in parts:
                extras["securityRepoStatus"] = self._security(repo, self._list_files(git, commit_oid))
            if commit_oid != repo.head_oid:
                facts = info_fields(repo.type, self.facts.read(git, repo, commit_oid))
        return RepoInfo(repo, commit_oid, facts, files, extras)

    def list_files(self, repo: Repo) -> list[TreeEntry]:
        """The files of the default branch, for lists; the caller has checked the permission."""
        if repo.head_oid is None:
            return []
        with self.pool.open(repo.key) as git:
            return self._list_files(git, repo.head_oid)

    def _extras(self, connection: Connection, repo: Repo, parts: Collection[str]) -> dict[str, Any]:
        extras: dict[str, Any] = {}
        if "usedStorage" in parts:
            extras["usedStorage"] = self.objects.repo_usage(connection, repo.key).size_bytes
        if repo.type is RepoType.MODEL and "childrenModelCount" in parts:
            extras["childrenModelCount"] = tags.count_children(connection, repo.id)
        if repo.type is RepoType.MODEL and "spaces" in parts:
            extras["spaces"] = tags.spaces_of_model(connection, repo.id, MAX_SPACES)
        return extras

    def _security(self, repo: Repo, files: Sequence[TreeEntry]) -> dict[str, Any]:
        """In the words of the Hub's API. Source: huggingface_hub hf_api.py, `ModelInfo.security_repo_status`."""
        safety = self.safety.safety_of(repo.key, files)
        unsafe = (SafetyStatus.SUSPICIOUS, SafetyStatus.UNSAFE)
        issues = [
            {"path": path, "level": found.status.value} for path, found in safety.items() if found.status in unsafe
        ]
        return {
            "scansDone": all(found.status is not SafetyStatus.QUEUED for found in safety.values()),
            "filesWithIssues": issues[:MAX_FILES_WITH_ISSUES],
        }

    def _list_files(self, git: pygit2.Repository, commit_oid: str | None) -> list[TreeEntry]:
        if commit_oid is None:
            return []
        tree_oid = tree_of(git, commit_oid)
        known = self._files.get(tree_oid)
        if known is None:
            known = _all_files(git, tree_oid)
            if len(known) <= _SIBLINGS_PAGE:
                self._files.put(tree_oid, known)
        return known


def _extras_in_git(
    git: pygit2.Repository, repo_type: RepoType, tree_oid: str, parts: Collection[str]
) -> dict[str, Any]:
    extras: dict[str, Any] = {}
    if repo_type is RepoType.DATASET and "mainSize" in parts:
        extras["mainSize"] = folder_size(git, tree_oid)
    if repo_type is RepoType.MODEL and "evalResults" in parts:
        extras["evalResults"] = eval_results_at(git, tree_oid)
    return extras


def _commit(git: pygit2.Repository, repo: Repo, revision: str | None) -> str | None:
    if revision is not None:
        return resolve_revision(git, revision)
    try:
        return resolve_revision(git, repo.default_branch)
    except RevisionNotFound:
        return None  # no commit yet


def _all_files(git: pygit2.Repository, tree_oid: str) -> list[TreeEntry]:
    files: list[TreeEntry] = []
    cursor = None
    while len(files) < MAX_SIBLINGS:
        page = list_entries(git, tree_oid, recursive=True, after=cursor, limit=_SIBLINGS_PAGE)
        files.extend(entry for entry in page.entries if entry.kind is EntryKind.FILE)
        cursor = page.next_cursor
        if cursor is None:
            break
    return sorted(files, key=lambda entry: entry.path)
