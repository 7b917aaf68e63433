"""Pull requests as far as pushing needs them: a number, a ref, an author. Discussing them is `hub.community`'s."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.accounts.service import AccountService
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import LoginRequired, RevisionNotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import CommitHeader, Repo
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.indexing import RefChanges, RepoIndex
from holdfast.hub.repos.store import discussions, pull_requests, repos
from holdfast.hub.repos.store.pull_requests import PullRequest

PULL_REF_PREFIX = "refs/pr/"


@dataclass(frozen=True)
class PullService:
    """Opens pull requests and says who may commit to them."""

    database: Database
    accounts: AccountService
    gate: RepoGate
    index: RepoIndex
    clock: Clock

    def open_pull_request(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, title: str, description: str
    ) -> PullRequest:
        """Open a draft against the default branch; its ref starts at that branch's commit.

        Raises:
            RevisionNotFound: the repo has no commit yet.
        """
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.DISCUSS_REPO)
        with self.index.changing(repo.key) as changes:
            head_oid = self._current(repo.key, repo.default_ref)
            header = CommitHeader(title, description, None)
            num = self.open_in(
                changes, repo, actor, header, base_ref=repo.default_ref, head_oid=head_oid, status="draft"
            )
        with self.database.read() as connection:
            opened = pull_requests.get_pull_request(connection, repo.key, num)
        assert opened is not None
        return opened

    def open_in(
        self,
        changes: RefChanges,
        repo: Repo,
        actor: Actor,
        header: CommitHeader,
        *,
        base_ref: str,
        head_oid: str,
        status: str = "open",
    ) -> int:
        """Open a pull request within a ref update that holds the repo's lock; returns its number."""
        if actor.user_id is None:
            raise LoginRequired
        with self.database.read() as connection:
            num = discussions.next_num(connection, repo.key)
        pull = PullRequest(
            repo_key=repo.key,
            num=num,
            title=header.summary,
            description=header.description,
            author_id=actor.user_id,
            status=status,
            base_ref=base_ref,
            created_at=self.clock(),
        )
        changes.move(pull.ref, head_oid, None)
        changes.records.append(lambda connection: pull_requests.insert_pull_request(connection, pull))
        return num

    def check_may_write(self, connection: Connection, actor: Actor, repo: Repo, ref: str) -> None:
        """Raise unless the actor may move this ref: the author of a pull request may move its ref.

        Raises:
            RevisionNotFound: a pull request that doesn't exist.
            Forbidden, LoginRequired: see `accounts.permissions`.
        """
        if ref.startswith(PULL_REF_PREFIX):
            pull = self._find(connection, repo, ref)
            if pull.author_id == actor.user_id:
                self.gate.check(connection, actor, repo, Permission.DISCUSS_REPO)
                return
        self.gate.check(connection, actor, repo, Permission.WRITE_REPO)

    def check_may_push(self, connection: Connection, actor: Actor, repo: Repo) -> None:
        """Raise unless the actor may move at least one ref: which one, a push says only later.

        Raises:
            Forbidden, LoginRequired, GatedRepo: see `accounts.permissions`.
        """
        author_id = actor.user_id
        if author_id is not None and pull_requests.has_author(connection, repo.key, author_id):
            self.gate.check(connection, actor, repo, Permission.DISCUSS_REPO)
        else:
            self.gate.check(connection, actor, repo, Permission.WRITE_REPO)

    def _find(self, connection: Connection, repo: Repo, ref: str) -> PullRequest:
        word = ref.removeprefix(PULL_REF_PREFIX)
        is_number = word.isascii() and word.isdecimal() and len(word) <= 9
        found = pull_requests.get_pull_request(connection, repo.key, int(word)) if is_number else None
        if found is None:
            raise RevisionNotFound(revision=ref)
        return found

    def _current(self, repo_key: int, ref: str) -> str:
        with self.database.read() as connection:
            oid = repos.find_ref(connection, repo_key, ref)
        if oid is None:
            raise RevisionNotFound(revision=ref)
        return oid
