"""Makes the tables of repos anew from what lies on the disk: git folders, their `holdfast.json`, stored objects.

What only the tables knew is gone with them: likes, downloads, requests for access, redirects, authors of pull requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pygit2

from holdfast.accounts.domain import ADMIN_NAME
from holdfast.accounts.service import AccountService
from holdfast.backends.database.protocol import Database
from holdfast.base.errors import Conflict, InvalidInput, RepoExists
from holdfast.base.identity import SYSTEM
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.domain import Repo, repo_text_key
from holdfast.hub.repos.git_storage.commits import read_commit
from holdfast.hub.repos.git_storage.history import is_ancestor
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.reachability import reachable_lfs_pointers
from holdfast.hub.repos.git_storage.refs import RefKind, list_refs
from holdfast.hub.repos.service import description, removed_files
from holdfast.hub.repos.service.indexing import RepoIndex
from holdfast.hub.repos.store import listing_index, pull_requests, repos
from holdfast.hub.repos.store.pull_requests import PullRequest

_DESCRIBED = ("uid", "type", "name", "private", "gated", "disabled", "default_branch", "created_at")


@dataclass(frozen=True)
class Restored:
    """What came of one folder. `problem` is a sentence, empty when all went well.

    Args:
        name: e.g. `model alice/bert`, or the folder where that is unknown.
        is_new: its row was missing.
        owner_is_new: the user who owns it was missing too, and was made, without a password.
    """

    name: str
    is_new: bool = False
    owner_is_new: bool = False
    problem: str = ""


@dataclass(frozen=True)
class RepoRebuilder:
    """Restores rows, index, links and pull requests of repos. Rows that exist keep what they say."""

    database: Database
    accounts: AccountService
    pool: RepositoryPool
    index: RepoIndex
    objects: ObjectService

    def folders(self) -> list[int]:
        """Every folder, by key."""
        return sorted(self.pool.keys())

    def restore(self, key: int) -> Restored:
        """Restore one repo. Adopt the objects first: links need them, and facts are read from linked files."""
        with self.database.read() as connection:
            known = repos.get_repo(connection, key)
        restored = self._add(key) if known is None else Restored(f"{known.type.value} {known.id}")
        if restored.problem:
            return restored
        try:
            missing = self._link(key)
            self.index.reindex(key)
            if restored.is_new:
                self._date(key)
            self._restore_pulls(key)
        except (KeyError, pygit2.GitError) as error:
            problem = f"git cannot read it: {error}. Restore its folder from a backup."
            return Restored(restored.name, restored.is_new, restored.owner_is_new, problem)
        self._show(key)
        problem = f"{missing} of its large files are not stored." if missing else ""
        return Restored(restored.name, restored.is_new, restored.owner_is_new, problem)

    def _add(self, key: int) -> Restored:
        folder = self.pool.path(key)
        values = description.read(folder)
        if values is None:
            return Restored(str(folder), problem="It has no holdfast.json that says whose it is; left as it is.")
        name = f"{values['type']} {values['namespace']}/{values['name']}"
        try:
            owner_is_new = self._make_owner(values["namespace"])
            self._insert(key, values)
        except RepoExists:
            return Restored(name, problem=f"Another folder has that name already; {folder} is left as it is.")
        except (InvalidInput, Conflict) as error:
            return Restored(name, problem=f"Its owner cannot be made: {error.message}")
        return Restored(name, is_new=True, owner_is_new=owner_is_new)

    def _make_owner(self, name: str) -> bool:
        with self.database.read() as connection:
            if self.accounts.find_namespace(connection, name) is not None:
                return False
        self.accounts.create_user(SYSTEM, name, is_site_admin=name.lower() == ADMIN_NAME)
        return True

    def _insert(self, key: int, values: dict[str, Any]) -> None:
        with self.database.write() as connection:
            owner = self.accounts.find_namespace(connection, values["namespace"])
            assert owner is not None
            row = {name: values[name] for name in _DESCRIBED}
            row |= {"key": key, "namespace_id": owner.id, "namespace": owner.name, "updated_at": values["created_at"]}
            repo_id = RepoId(owner.name, values["name"])
            row["text_key"] = repo_text_key(RepoType(values["type"]), repo_id)
            repos.delete_redirect(connection, row["text_key"])
            repos.insert_repo(connection, row)

    def _date(self, key: int) -> None:
        """Let the repo be as old as its newest commit, not as its row."""
        with self.pool.open(key) as git, self.database.write() as connection:
            repo = repos.get_repo(connection, key)
            if repo is not None and repo.head_oid is not None:
                authored_at = read_commit(git, repo.head_oid).authored_at
                repos.update_repo(connection, key, updated_at=int(authored_at.timestamp() * 1000))

    def _link(self, key: int) -> int:
        """Link the large files that the repo's refs reach; returns how many are not stored."""
        with self.pool.open(key) as git:
            wanted = {pointer.sha256 for pointer in reachable_lfs_pointers(git)}
        wanted -= removed_files.read(self.pool.path(key))
        with self.database.write() as connection:
            stored = set(self.objects.kinds(connection, wanted))
            self.objects.link(connection, key, stored)
        return len(wanted - stored)

    def _restore_pulls(self, key: int) -> None:
        with self.pool.open(key) as git, self.database.write() as connection:
            repo = repos.get_repo(connection, key)
            assert repo is not None
            for ref in list_refs(git, RefKind.PULL_REQUEST):
                if ref.name.isdecimal() and not pull_requests.get_pull_request(connection, key, int(ref.name)):
                    pull_requests.insert_pull_request(connection, _pull(git, repo, int(ref.name), ref.target))

    def _show(self, key: int) -> None:
        """Let lists find it, and its folder say what it is."""
        with self.database.write() as connection:
            repo = repos.get_repo(connection, key)
            if repo is not None:
                listing_index.write_visibility(connection, repo)
        if repo is not None and not description.fits(self.pool.path(key), repo):
            description.write(self.pool.path(key), repo)


def _pull(git: pygit2.Repository, repo: Repo, num: int, head_oid: str) -> PullRequest:
    commit = read_commit(git, head_oid)
    is_merged = repo.head_oid is not None and is_ancestor(git, head_oid, repo.head_oid)
    return PullRequest(
        repo_key=repo.key,
        num=num,
        title=commit.summary,
        description="",
        author_id=repo.namespace_id,
        status="merged" if is_merged else "open",
        base_ref=repo.default_ref,
        created_at=int(commit.authored_at.timestamp() * 1000),
        merge_oid=repo.head_oid if is_merged else None,
    )
