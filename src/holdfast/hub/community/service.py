"""Use cases of pull requests: look, change the state, merge."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.accounts.service import AccountService
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import Conflict, InvalidInput, NotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.git_storage.commits import create_commit
from holdfast.hub.repos.git_storage.merging import conflicting_paths, merged_tree
from holdfast.hub.repos.git_storage.refs import read_ref
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.authorship import author_of
from holdfast.hub.repos.service.indexing import RefChanges, RepoIndex
from holdfast.hub.repos.service.pulls import PullService
from holdfast.hub.repos.store import pull_requests
from holdfast.hub.repos.store.pull_requests import PullRequest

STATUSES = ("draft", "open", "closed")


@dataclass(frozen=True)
class PullRequestDetails:
    """A pull request with its repo and author's name. `conflicts` are paths that a merge would refuse."""

    repo: Repo
    pull: PullRequest
    author: str
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True)
class CommunityService:
    """Pull requests."""

    database: Database
    accounts: AccountService
    gate: RepoGate
    index: RepoIndex
    pulls: PullService
    clock: Clock

    def open_pull_request(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, title: str, description: str
    ) -> int:
        """Open a draft and return its number. See `PullService.open_pull_request`."""
        return self.pulls.open_pull_request(actor, repo_type, repo_id, title, description).num

    def list_pull_requests(self, actor: Actor, repo_type: RepoType, repo_id: RepoId) -> list[PullRequestDetails]:
        """All of a repo, newest first."""
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.SEE_REPO)
            found = pull_requests.list_pull_requests(connection, repo.key)
            return [PullRequestDetails(repo, pull, self._author(connection, pull)) for pull in found]

    def get_pull_request(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, num: int) -> PullRequestDetails:
        """One of them, with what stands against merging it.

        Raises:
            NotFound: no pull request has that number.
        """
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.SEE_REPO)
            pull = _existing(connection, repo, num)
            author = self._author(connection, pull)
        return PullRequestDetails(repo, pull, author, self._conflicts(pull))

    def change_status(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, num: int, status: str) -> None:
        """Open, close, or turn back into a draft; its author may, and who may write to the repo.

        Raises:
            Conflict: it is merged already.
        """
        if status not in STATUSES:
            raise InvalidInput(field="status", problem=f"must be one of {', '.join(STATUSES)}")
        with self.database.write() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.SEE_REPO)
            pull = _existing(connection, repo, num)
            self.pulls.check_may_write(connection, actor, repo, pull.ref)
            if pull.status == "merged":
                raise Conflict(reason="This pull request is merged already.")
            pull_requests.set_status(connection, repo.key, num, status)

    def merge(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, num: int, message: str | None) -> str:
        """Merge an open pull request into its branch; returns the merge commit's oid.

        Raises:
            Conflict: it is no open pull request, or both sides changed the same lines.
        """
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.WRITE_REPO)
            pull = _existing(connection, repo, num)
        with self.index.changing(repo.key) as changes:
            self._check_open(pull)
            oid = self._merge_commit(changes, pull, actor, message)
            changes.records.append(
                lambda connection: pull_requests.set_status(connection, repo.key, num, "merged", merge_oid=oid)
            )
        return oid

    def _check_open(self, pull: PullRequest) -> None:
        with self.database.read() as connection:
            current = pull_requests.get_pull_request(connection, pull.repo_key, pull.num)
        status = current.status if current else "deleted"
        if status != "open":
            raise Conflict(reason=f"Only open pull requests can be merged; this one is {status}.")

    def _merge_commit(self, changes: RefChanges, pull: PullRequest, actor: Actor, message: str | None) -> str:
        base_oid, head_oid = read_ref(changes.git, pull.base_ref), read_ref(changes.git, pull.ref)
        if base_oid is None or head_oid is None:
            raise Conflict(reason="The branch that this pull request changes is gone.")
        tree_oid = merged_tree(changes.git, base_oid, head_oid)
        summary = f"{pull.title} (#{pull.num})"
        author = author_of(actor, self.clock())
        oid = create_commit(changes.git, tree_oid, (base_oid, head_oid), author, summary, description=message or "")
        changes.move(pull.base_ref, oid, base_oid)
        return oid

    def _conflicts(self, pull: PullRequest) -> tuple[str, ...]:
        with self.index.pool.open(pull.repo_key) as git:
            base_oid, head_oid = read_ref(git, pull.base_ref), read_ref(git, pull.ref)
            if pull.status == "merged" or base_oid is None or head_oid is None:
                return ()
            return tuple(conflicting_paths(git, base_oid, head_oid))

    def _author(self, connection: Connection, pull: PullRequest) -> str:
        found = self.accounts.namespaces(connection, [pull.author_id]).get(pull.author_id)
        return found.name if found else "deleted"


def _existing(connection: Connection, repo: Repo, num: int) -> PullRequest:
    found = pull_requests.get_pull_request(connection, repo.key, num)
    if found is None:
        raise NotFound(what=f"Pull request {num}")
    return found
