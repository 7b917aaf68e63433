"""Users, organizations and their members, and the look-ups by which other capabilities ask about them.

Look-ups take the caller's open connection, so that their answer belongs to the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.accounts import permissions
from holdfast.accounts.auditing import AuditAction
from holdfast.accounts.checks import check_any_password, check_email, check_fullname, check_namespace_name
from holdfast.accounts.domain import Namespace, NamespaceKind, OrgRole, User
from holdfast.accounts.passwords import hash_password
from holdfast.accounts.service.audit import AuditLog
from holdfast.accounts.store import namespaces, people, sessions
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import Conflict, Forbidden, LoginRequired, NotFound
from holdfast.base.identity import Actor, Permission


@dataclass(frozen=True)
class AccountService:
    """Who exists, and who belongs where."""

    database: Database
    clock: Clock
    audit: AuditLog

    def namespace(self, connection: Connection, namespace_id: int) -> Namespace:
        """The user or organization with that id.

        Raises:
            NotFound: there is none.
        """
        found = namespaces.find_namespace_by_id(connection, namespace_id)
        if found is None:
            raise NotFound(what=f"Namespace {namespace_id}")
        return found

    def namespaces(self, connection: Connection, ids: Sequence[int]) -> dict[int, Namespace]:
        """Those of the namespaces that exist, by id: the authors of a list in one query."""
        return namespaces.find_namespaces_by_ids(connection, ids)

    def find_namespace(self, connection: Connection, name: str) -> Namespace | None:
        """The user or organization of that name in any case, None when there is none."""
        return namespaces.find_namespace(connection, name)

    def search_namespaces(
        self, connection: Connection, words: Sequence[str], kind: NamespaceKind, limit: int
    ) -> tuple[list[Namespace], int]:
        """The first `limit` users or organizations whose name or full name holds every word, and how many there are."""
        return people.search(connection, words, kind, limit)

    def find_user(self, connection: Connection, name: str) -> User:
        """The user of that name in any case.

        Raises:
            NotFound: there is none.
        """
        found = namespaces.find_user(connection, name)
        if found is None:
            raise NotFound(what=f"User {name!r}")
        return found

    def get_user(self, connection: Connection, user_id: int) -> User:
        """The user with that id.

        Raises:
            NotFound: there is none.
        """
        found = namespaces.find_user_by_id(connection, user_id)
        if found is None:
            raise NotFound(what=f"User {user_id}")
        return found

    def role_in(self, connection: Connection, actor: Actor, namespace_id: int) -> OrgRole | None:
        """The actor's role in a namespace: admin in the own one, None for strangers.

        Site admins get no role from being one: `permissions` knows them.
        """
        if actor.user_id is None:
            return None
        if actor.user_id == namespace_id:
            return OrgRole.ADMIN
        return namespaces.find_role(connection, namespace_id, actor.user_id)

    def require_creator(self, connection: Connection, actor: Actor, name: str | None) -> Namespace:
        """The namespace in which the actor wants to create a repo; None means the actor's own.

        Raises:
            LoginRequired: anonymous.
            Forbidden: no right to create there, or no such namespace.
        """
        if actor.username is None:
            raise LoginRequired
        found = namespaces.find_namespace(connection, name or actor.username)
        if found is None:
            raise Forbidden(reason=f'You don\'t have the rights to create a repo under the namespace "{name}"')
        permissions.check_create(actor, self.role_in(connection, actor, found.id), found.name)
        return found

    def visibility(self, connection: Connection, actor: Actor) -> permissions.Visibility:
        """Which private repos the actor finds in lists."""
        if actor.user_id is None:
            return permissions.Visibility()
        own = namespaces.find_namespace_by_id(connection, actor.user_id)
        orgs = [membership.namespace for membership in namespaces.list_memberships(connection, actor.user_id)]
        return permissions.visibility(actor, [*([own] if own else []), *orgs])

    def create_user(
        self,
        actor: Actor,
        name: str,
        *,
        password: str | None = None,
        fullname: str | None = None,
        email: str | None = None,
        is_site_admin: bool = False,
    ) -> User:
        """Add a user. Administrators may choose any password, None means that the user only has tokens.

        Raises:
            InvalidInput: a bad name, full name or e-mail address.
            Conflict: the name is taken or reserved.
            Forbidden: not a site admin.
        """
        permissions.check_account(actor, Permission.SITE_ADMIN)
        check_namespace_name(name, for_site_admin=is_site_admin)
        checked_email = None if email is None else check_email(email)
        password_hash = None if password is None else hash_password(check_any_password(password))
        with self.database.write() as connection:
            user_id = self._add_namespace(connection, name, NamespaceKind.USER, fullname)
            namespaces.insert_user(connection, user_id, checked_email, password_hash, is_site_admin=is_site_admin)
            self.audit.record(connection, actor, AuditAction.USER_CREATED, name)
            return self.find_user(connection, name)

    def insert_user(
        self, connection: Connection, name: str, *, password_hash: str, fullname: str | None, email: str | None
    ) -> User:
        """Add a user with checked values in the caller's transaction.

        Raises:
            Conflict: the name is taken.
        """
        user_id = self._add_namespace(connection, name, NamespaceKind.USER, fullname)
        namespaces.insert_user(connection, user_id, email, password_hash, is_site_admin=False)
        return self.find_user(connection, name)

    def list_users(self, actor: Actor) -> list[User]:
        """Every account, for site admins."""
        permissions.check_account(actor, Permission.SITE_ADMIN)
        with self.database.read() as connection:
            return namespaces.list_users(connection)

    def set_user_disabled(self, actor: Actor, name: str, *, disabled: bool) -> User:
        """Lock a user out, or let the user in again.

        Tokens and the password stop working at once, until then; sessions end for good.

        Raises:
            NotFound: no such user.
            Conflict: no site admin would be left.
            Forbidden: not a site admin.
        """
        permissions.check_account(actor, Permission.SITE_ADMIN)
        with self.database.write() as connection:
            self.set_disabled(connection, actor, self.find_user(connection, name), disabled=disabled)
            return self.find_user(connection, name)

    def set_disabled(self, connection: Connection, actor: Actor, user: User, *, disabled: bool) -> None:
        """The same in the transaction of a caller who has checked the permission; nothing happens twice.

        Raises:
            Conflict: no site admin would be left.
        """
        if disabled == (user.disabled_at is not None):
            return
        namespaces.set_disabled_at(connection, user.id, self.clock() if disabled else None)
        if disabled:
            sessions.delete_sessions(connection, user.id)
            check_site_admin_left(connection, user)
        action = AuditAction.USER_DISABLED if disabled else AuditAction.USER_ENABLED
        self.audit.record(connection, actor, action, user.name)

    def create_organization(
        self,
        actor: Actor,
        name: str,
        *,
        fullname: str | None = None,
        owner: str | None = None,
        private_by_default: bool = False,
    ) -> Namespace:
        """Add an organization whose first admin is `owner`, or the actor when that is None.

        Raises:
            InvalidInput, Conflict: the name is bad, reserved or taken.
            NotFound: no user of the owner's name.
            LoginRequired, Forbidden: who may not write, or names another owner without being a site admin.
        """
        is_foreign = owner is not None and owner.lower() != (actor.username or "").lower()
        permissions.check_account(actor, Permission.SITE_ADMIN if is_foreign else Permission.WRITE_OWN)
        check_namespace_name(name)
        with self.database.write() as connection:
            admin = self.find_user(connection, owner or actor.username or "")
            org_id = self._add_namespace(
                connection, name, NamespaceKind.ORG, fullname, private_by_default=private_by_default
            )
            namespaces.save_member(connection, org_id, admin.id, OrgRole.ADMIN)
            self.audit.record(connection, actor, AuditAction.ORG_CREATED, name, admin=admin.name)
            return self.namespace(connection, org_id)

    def list_organizations(self, actor: Actor) -> list[Namespace]:
        """Every organization, for site admins."""
        permissions.check_account(actor, Permission.SITE_ADMIN)
        with self.database.read() as connection:
            return namespaces.list_orgs(connection)

    def set_member(self, actor: Actor, org: str, user: str, role: OrgRole) -> None:
        """Add a member to an organization, or change a member's role.

        Raises:
            NotFound: no such organization or user.
            Conflict: the last admin would be gone.
            LoginRequired, Forbidden: not an admin of the organization.
        """
        with self.database.write() as connection:
            found = self.administered(connection, actor, org)
            member = self.find_user(connection, user)
            namespaces.save_member(connection, found.id, member.id, role)
            _check_admin_left(connection, found)
            self.audit.record(connection, actor, AuditAction.ROLE_SET, found.name, member=member.name, role=role.value)

    def remove_member(self, actor: Actor, org: str, user: str) -> None:
        """Take a member out of an organization; members may leave by themselves.

        Raises:
            NotFound: no such organization, user or member.
            Conflict: the last admin would be gone.
            LoginRequired, Forbidden: not an admin of the organization.
        """
        if actor.is_anonymous:
            raise LoginRequired
        with self.database.write() as connection:
            member = self.find_user(connection, user)
            if member.id == actor.user_id:
                permissions.check_account(actor, Permission.WRITE_OWN)
                found = self.organization(connection, org)
            else:
                found = self.administered(connection, actor, org)
            if not namespaces.delete_member(connection, found.id, member.id):
                raise NotFound(what=f"A member {user!r} of {found.name}")
            _check_admin_left(connection, found)
            self.audit.record(connection, actor, AuditAction.MEMBER_REMOVED, found.name, member=member.name)

    def organization(self, connection: Connection, name: str) -> Namespace:
        """The organization of that name in any case.

        Raises:
            NotFound: there is none.
        """
        found = namespaces.find_namespace(connection, name)
        if found is None or not found.is_org:
            raise NotFound(what=f"Organization {name!r}")
        return found

    def administered(self, connection: Connection, actor: Actor, name: str) -> Namespace:
        """The organization of that name, if the actor may manage its members and settings.

        Raises:
            NotFound: there is none.
            LoginRequired, Forbidden: not an admin of the organization.
        """
        org = self.organization(connection, name)
        permissions.check_org_admin(actor, self.role_in(connection, actor, org.id), org.name)
        return org

    def _add_namespace(
        self,
        connection: Connection,
        name: str,
        kind: NamespaceKind,
        fullname: str | None,
        *,
        private_by_default: bool = False,
    ) -> int:
        # One writer at a time: nobody can take the name between the two steps.
        taken = namespaces.find_namespace(connection, name)
        if taken is not None:
            raise Conflict(reason=f"The name {taken.name!r} is taken")
        return namespaces.insert_namespace(
            connection,
            name,
            kind,
            check_fullname(fullname or name),
            self.clock(),
            private_by_default=private_by_default,
        )


def check_site_admin_left(connection: Connection, user: User) -> None:
    """Raise when the change to `user`, a site admin before, leaves nobody who could undo it.

    Raises:
        Conflict: no enabled site admin is left.
    """
    if user.is_site_admin and namespaces.count_site_admins(connection) == 0:
        raise Conflict(reason=f"Without {user.name}, nobody could administer this Holdfast")


def _check_admin_left(connection: Connection, org: Namespace) -> None:
    if namespaces.count_admins(connection, org.id) == 0:
        raise Conflict(reason=f"{org.name} would have no admin left")
