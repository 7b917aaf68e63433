"""Finds a repo for an actor and a permission. Every other service comes through here first.

Implements `objects.domain.RepoAccess`, by which lfs and xet, which know no repos, ask for permission.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.accounts.domain import Namespace
from holdfast.accounts.permissions import RepoStanding, allows, check
from holdfast.accounts.service import AccountService
from holdfast.backends.database.protocol import Database
from holdfast.base.errors import RepoMoved, RepoNotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import Repo, canonical_target
from holdfast.hub.repos.store import access_requests, repos


@dataclass(frozen=True)
class RepoGate:
    """Who may do what with which repo."""

    database: Database
    accounts: AccountService

    def find(
        self, connection: Connection, actor: Actor, repo_type: RepoType, repo_id: RepoId, permission: Permission
    ) -> Repo:
        """Return the repo if the actor has the permission.

        Raises:
            RepoNotFound: absent, or private and not the actor's.
            RepoMoved: it has another id now (and the actor may see it).
            GatedRepo, Forbidden, LoginRequired, DisabledRepo: see `accounts.permissions`.
        """
        repo = repos.find_repo(connection, repo_type, repo_id)
        if repo is not None:
            self.check(connection, actor, repo, permission)
            return repo
        moved = self._moved(connection, repo_type, repo_id)
        if moved is None:
            raise repo_not_found(actor)
        self.check(connection, actor, moved, Permission.SEE_REPO)
        raise RepoMoved(old_id=str(repo_id), new_id=str(moved.id))

    def look_up(self, connection: Connection, actor: Actor, repo_type: RepoType, repo_id: RepoId) -> Repo | None:
        """The repo of that present or former id; None if there is none, or none that the actor may see."""
        repo = repos.find_repo(connection, repo_type, repo_id) or self._moved(connection, repo_type, repo_id)
        return repo if repo and self.allows(connection, actor, repo, Permission.SEE_REPO) else None

    def check(self, connection: Connection, actor: Actor, repo: Repo, permission: Permission) -> None:
        """Raise unless the actor has the permission on this repo."""
        role = self.accounts.role_in(connection, actor, repo.namespace_id)
        check(actor, role, self._standing(connection, actor, repo), permission)

    def allows(self, connection: Connection, actor: Actor, repo: Repo, permission: Permission) -> bool:
        """Whether `check` would pass, for lists that leave out what the actor may not see."""
        role = self.accounts.role_in(connection, actor, repo.namespace_id)
        return allows(actor, role, self._standing(connection, actor, repo), permission)

    def readable(self, actor: Actor, repo_keys: Collection[int]) -> frozenset[int]:
        """See `objects.domain.RepoAccess`: those of the repos whose files the actor may read."""
        with self.database.read() as connection:
            found = (repos.get_repo(connection, key) for key in repo_keys)
            return frozenset(
                repo.key for repo in found if repo and self.allows(connection, actor, repo, Permission.READ_REPO)
            )

    def require(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, permission: Permission) -> int:
        """See `objects.domain.RepoAccess`: the repo's key, or an error."""
        with self.database.read() as connection:
            return self.find(connection, actor, repo_type, repo_id, permission).key

    def namespace(self, connection: Connection, repo: Repo) -> Namespace:
        """The repo's owner."""
        return self.accounts.namespace(connection, repo.namespace_id)

    def _moved(self, connection: Connection, repo_type: RepoType, repo_id: RepoId) -> Repo | None:
        found = repos.find_redirect(connection, repo_type, repo_id)
        if found is None and repo_id.namespace is None:
            target = canonical_target(repo_type, repo_id.name)
            found = None if target is None else repos.find_repo(connection, repo_type, target)
        return found

    def _standing(self, connection: Connection, actor: Actor, repo: Repo) -> RepoStanding:
        accepted = False
        if repo.gated is not None and actor.user_id is not None:
            accepted = access_requests.is_accepted(connection, repo.key, actor.user_id)
        return RepoStanding(
            text_key=repo.text_key,
            repo_id=str(repo.id),
            namespace_id=repo.namespace_id,
            namespace=repo.id.namespace or "",
            private=repo.private,
            gated=repo.gated is not None,
            gate_accepted=accepted,
            disabled=repo.disabled,
            creator_id=repo.creator_id,
        )


def repo_not_found(actor: Actor) -> RepoNotFound:
    """The one answer for absent and for hidden repos."""
    return RepoNotFound(status=401 if actor.is_anonymous else 404)
