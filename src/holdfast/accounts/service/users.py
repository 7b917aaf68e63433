"""What administrators of the site do with its users."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.accounts import permissions
from holdfast.accounts.auditing import AuditAction
from holdfast.accounts.domain import User
from holdfast.accounts.service.accounts import AccountService, check_site_admin_left
from holdfast.accounts.service.logins import LoginService
from holdfast.accounts.store import namespaces
from holdfast.backends.database.protocol import Database
from holdfast.base.identity import Actor, Permission


@dataclass(frozen=True)
class UserPage:
    """Some users, by name; `next_cursor` None on the last page."""

    users: list[User]
    next_cursor: str | None


@dataclass(frozen=True)
class UserAdminService:
    """Finds users and changes what they may do."""

    database: Database
    accounts: AccountService
    logins: LoginService

    def find_users(self, actor: Actor, text: str, *, after: str, limit: int) -> UserPage:
        """One page of users by name.

        Args:
            actor: a site admin.
            text: part of a name, full name or e-mail address; empty for all.
            after: `next_cursor` of the page before; empty for the first page.
            limit: users per page.
        """
        permissions.check_account(actor, Permission.SITE_ADMIN)
        with self.database.read() as connection:
            users = namespaces.find_users(connection, text, after, limit + 1)
        return UserPage(users[:limit], users[limit - 1].namespace.key if len(users) > limit else None)

    def add_user(
        self, actor: Actor, name: str, *, fullname: str | None, email: str | None, is_site_admin: bool
    ) -> tuple[User, str]:
        """Add a user with a made-up password, which is returned and stored nowhere.

        Raises:
            InvalidInput: a bad name, full name or e-mail address.
            Conflict: the name is taken or reserved.
            LoginRequired, Forbidden: not a site admin.
        """
        password = secrets.token_urlsafe(12)
        user = self.accounts.create_user(
            actor, name, password=password, fullname=fullname, email=email, is_site_admin=is_site_admin
        )
        return user, password

    def change_user(
        self, actor: Actor, name: str, *, disabled: bool | None = None, is_site_admin: bool | None = None
    ) -> User:
        """Lock a user out or let the user in again; let the user administer this Holdfast or no longer.

        None means: as it is. Of a user who is locked out, sessions end for good; password and tokens wait.

        Raises:
            NotFound: no such user.
            Conflict: no site admin would be left.
            LoginRequired, Forbidden: not a site admin.
        """
        permissions.check_account(actor, Permission.SITE_ADMIN)
        with self.database.write() as connection:
            user = self.accounts.find_user(connection, name)
            if is_site_admin is not None and user.is_site_admin != is_site_admin:
                self._set_site_admin(connection, actor, user, is_site_admin=is_site_admin)
            if disabled is not None:
                self.accounts.set_disabled(
                    connection, actor, self.accounts.find_user(connection, name), disabled=disabled
                )
            return self.accounts.find_user(connection, name)

    def _set_site_admin(self, connection: Connection, actor: Actor, user: User, *, is_site_admin: bool) -> None:
        namespaces.set_site_admin(connection, user.id, is_site_admin=is_site_admin)
        check_site_admin_left(connection, user)
        action = AuditAction.SITE_ADMIN_GRANTED if is_site_admin else AuditAction.SITE_ADMIN_REVOKED
        self.accounts.audit.record(connection, actor, action, user.name)

    def reset_password(self, actor: Actor, name: str) -> str:
        """Give a user a made-up password, which is returned and stored nowhere; ends all login sessions of the user.

        Raises:
            NotFound: no such user.
            LoginRequired, Forbidden: not a site admin.
        """
        password = secrets.token_urlsafe(12)
        self.logins.set_password(actor, name, password)
        return password
