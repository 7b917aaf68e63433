"""What stands above every page of a repo: its name and state, and what the actor may do with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from holdfast.accounts.domain import Namespace
from holdfast.backends.database.protocol import Database
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.store import access_requests, discussions, likes, repos
from holdfast.hub.repos.store.access_requests import RequestStatus
from holdfast.hub.repos.store.discussions import DiscussionFilter

_OPEN = DiscussionFilter(statuses=("open", "draft"))


@dataclass(frozen=True)
class RepoHeader:
    """A repo as one actor meets it.

    Args:
        facts: what its files say at the default branch: see `metadata.info_fields`.
        access: state of the actor's request for a gated repo; None without one.
        open_discussions: how many wait for an answer, pull requests among them.
    """

    repo: Repo
    owner: Namespace
    facts: dict[str, Any]
    is_liked: bool
    access: RequestStatus | None
    open_discussions: int
    permissions: frozenset[Permission]

    def may(self, permission: Permission) -> bool:
        """Whether the actor has the permission."""
        return permission in self.permissions


@dataclass(frozen=True)
class HeaderService:
    """Headers of repos."""

    database: Database
    gate: RepoGate

    def read_header(self, actor: Actor, repo_type: RepoType, repo_id: RepoId) -> RepoHeader:
        """The header of a repo that the actor may see.

        Raises:
            RepoNotFound, RepoMoved: see `RepoGate.find`.
        """
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.SEE_REPO)
            return self.header_of(connection, actor, repo)

    def header_of(self, connection: Connection, actor: Actor, repo: Repo) -> RepoHeader:
        """The same for a repo that was found already."""
        request, is_liked = None, False
        if actor.user_id is not None:
            is_liked = likes.is_liked(connection, repo.key, actor.user_id)
            request = access_requests.find_request(connection, repo.key, actor.user_id) if repo.gated else None
        asked = (Permission.READ_REPO, Permission.DISCUSS_REPO, Permission.WRITE_REPO, Permission.ADMIN_REPO)
        return RepoHeader(
            repo,
            self.gate.namespace(connection, repo),
            repos.get_facts(connection, [repo.key]).get(repo.key, {}),
            is_liked,
            request.status if request else None,
            discussions.count_discussions(connection, repo.key, _OPEN),
            frozenset(word for word in asked if self.gate.allows(connection, actor, repo, word)),
        )
