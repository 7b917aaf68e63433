"""What is shown of users and organizations: to themselves (`whoami`) and to everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from holdfast.accounts import permissions
from holdfast.accounts.domain import AccessToken, Membership, Namespace, OrgRole, RepoCounts, User
from holdfast.accounts.service.accounts import AccountService
from holdfast.accounts.store import credentials, namespaces
from holdfast.backends.database.protocol import Database
from holdfast.base.errors import LoginRequired
from holdfast.base.identity import Actor, Permission

MEMBERS_SHOWN = 60


class RepoCounter(Protocol):
    """Answered by the repos above, wired in `app`."""

    def count_public_repos(self, connection: Connection, namespace_id: int) -> RepoCounts:
        """How many public repos the namespace has."""
        ...

    def count_repos(self, connection: Connection, namespace_id: int) -> RepoCounts:
        """How many repos the namespace has, private ones too: nobody but insiders may learn it."""
        ...


@dataclass(frozen=True)
class Identity:
    """The actor's own account. `token` None: logged in by session or password."""

    user: User
    orgs: list[Membership]
    token: AccessToken | None


@dataclass(frozen=True)
class UserOverview:
    """What everybody may know of a user. `counts` None: nobody counts repos here."""

    user: User
    orgs: list[Membership]
    counts: RepoCounts | None


@dataclass(frozen=True)
class OrganizationOverview:
    """What everybody may know of an organization."""

    org: Namespace
    member_count: int
    counts: RepoCounts | None


@dataclass(frozen=True)
class Profile:
    """What the page of a user or an organization shows.

    Args:
        namespace: whose page it is.
        counts: of the repos that the actor may find there.
        orgs: of a user.
        members: the first `MEMBERS_SHOWN` of an organization.
        member_count: all members of an organization, 0 for a user.
        role: what the actor may do there; None for strangers.
    """

    namespace: Namespace
    counts: RepoCounts
    orgs: list[Membership]
    members: list[Membership]
    member_count: int
    role: OrgRole | None


@dataclass(frozen=True)
class ProfileService:
    """Reads accounts."""

    database: Database
    accounts: AccountService
    repo_counter: RepoCounter | None = None

    def whoami(self, actor: Actor) -> Identity:
        """The caller's account.

        Raises:
            LoginRequired: anonymous.
        """
        permissions.check_account(actor, Permission.LOGIN)
        with self.database.read() as connection:
            user = namespaces.find_user_by_id(connection, actor.user_id or 0)
            if user is None:
                raise LoginRequired
            token = None if actor.token_id is None else credentials.find_token(connection, actor.token_id)
            return Identity(user, namespaces.list_memberships(connection, user.id), token)

    def user_overview(self, name: str) -> UserOverview:
        """A user's public face.

        Raises:
            NotFound: no such user.
        """
        with self.database.read() as connection:
            user = self.accounts.find_user(connection, name)
            orgs = namespaces.list_memberships(connection, user.id)
            return UserOverview(user, orgs, self._counts(connection, user.id))

    def organization_overview(self, name: str) -> OrganizationOverview:
        """An organization's public face.

        Raises:
            NotFound: no such organization.
        """
        with self.database.read() as connection:
            org = self.accounts.organization(connection, name)
            count = namespaces.count_members(connection, org.id)
            return OrganizationOverview(org, count, self._counts(connection, org.id))

    def find_profile(self, actor: Actor, name: str) -> Profile | None:
        """Whoever has that name, as the actor may see them; None when nobody has it.

        Private repos are counted for those who find them in lists.
        """
        with self.database.read() as connection:
            found = self.accounts.find_namespace(connection, name)
            if found is None:
                return None
            seen = self.accounts.visibility(connection, actor)
            count = self._counts if not (seen.everything or found.id in seen.namespace_ids) else self._all_counts
            orgs = [] if found.is_org else namespaces.list_memberships(connection, found.id)
            members = namespaces.list_members(connection, found.id, 0, MEMBERS_SHOWN) if found.is_org else []
            return Profile(
                namespace=found,
                counts=count(connection, found.id) or RepoCounts(0, 0, 0),
                orgs=orgs,
                members=members,
                member_count=namespaces.count_members(connection, found.id),
                role=self.accounts.role_in(connection, actor, found.id),
            )

    def list_members(self, name: str, after_id: int, limit: int) -> list[Membership]:
        """The next `limit` members of an organization after a user id, in the order of their ids.

        Raises:
            NotFound: no such organization.
        """
        with self.database.read() as connection:
            return namespaces.list_members(connection, self.accounts.organization(connection, name).id, after_id, limit)

    def _all_counts(self, connection: Connection, namespace_id: int) -> RepoCounts | None:
        return None if self.repo_counter is None else self.repo_counter.count_repos(connection, namespace_id)

    def _counts(self, connection: Connection, namespace_id: int) -> RepoCounts | None:
        if self.repo_counter is None:
            return None
        return self.repo_counter.count_public_repos(connection, namespace_id)
