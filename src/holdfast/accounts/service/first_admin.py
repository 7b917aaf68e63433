"""The way into a new instance: somebody has to be the first.

A new instance has one user, `admin`, with a password and an access token that `holdfast serve` prints. Whoever knows
the password may log in with it, or set the site up: choose another name and a password of their own. Reaching the
server is never enough, or the first stranger on the network would own it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.accounts.auditing import AuditAction
from holdfast.accounts.domain import ADMIN_NAME, FirstAdmin, IssuedSession, NewAccount, User
from holdfast.accounts.passwords import hash_password
from holdfast.accounts.service.accounts import AccountService
from holdfast.accounts.service.authentication import AuthenticationService
from holdfast.accounts.service.logins import LoginService
from holdfast.accounts.service.signup import check_account
from holdfast.accounts.service.tokens import TokenService
from holdfast.accounts.store import credentials, namespaces, sessions
from holdfast.backends.database.protocol import Database
from holdfast.base.errors import Conflict
from holdfast.base.identity import SYSTEM, Actor, TokenRole

_CREATED_BY = "first-start"


@dataclass(frozen=True)
class FirstAdminService:
    """Makes the first administrator, and hands the instance over."""

    database: Database
    accounts: AccountService
    tokens: TokenService
    logins: LoginService
    authentication: AuthenticationService

    def ensure(self) -> FirstAdmin | None:
        """Create the user `admin` when the instance has no users, and say how to log in.

        Until one of the two secrets has been used, each call replaces both: a first start whose output was lost locks
        nobody out. Returns None for an instance that has other users, or whose admin has been in.
        """
        if not self._has_users():
            self.accounts.create_user(SYSTEM, ADMIN_NAME, fullname="Administrator", is_site_admin=True)
        elif not self.is_awaited():
            return None
        for token in self.tokens.list_access_tokens(SYSTEM, ADMIN_NAME):
            self.tokens.revoke_access_token(SYSTEM, token.id, ADMIN_NAME)
        password = secrets.token_urlsafe(12)
        self.logins.set_password(SYSTEM, ADMIN_NAME, password)
        issued = self.tokens.create_access_token(SYSTEM, _CREATED_BY, TokenRole.WRITE, username=ADMIN_NAME)
        return FirstAdmin(ADMIN_NAME, password, issued.secret)

    def is_awaited(self) -> bool:
        """Whether nobody has been in yet: the only user is the one of the first start, with secrets never used."""
        self.authentication.flush_last_used()
        with self.database.read() as connection:
            return _find_awaited(connection) is not None

    def set_up(self, caller: Actor, code: str, new: NewAccount, *, user_agent: str | None = None) -> IssuedSession:
        """Hand a new instance over: the first admin gets the name and the password that the owner chooses.

        The access token that was shown with the code goes on working, for the user under the new name.

        Args:
            caller: whoever asks; only the address counts.
            code: the password that `holdfast serve` has printed.
            new: what the owner chooses.
            user_agent: how the browser calls itself; None when unknown.

        Raises:
            Conflict: somebody has been in already; or a reserved name.
            WrongPassword, TooManyAttempts: not the code.
            InvalidInput: a bad name, password, full name or e-mail address.
        """
        self._require_awaited()
        check_account(new, for_site_admin=True)
        self.logins.check(ADMIN_NAME, code, caller)
        password_hash = hash_password(new.password)
        with self.database.write() as connection:
            admin = _find_awaited(connection)
            if admin is None:
                raise _already_set_up()
            _rename(connection, admin, new)
            namespaces.set_password_hash(connection, admin.id, password_hash)
            namespaces.set_last_login_at(connection, admin.id, self.accounts.clock())
            sessions.delete_sessions(connection, admin.id)
            actor = Actor(admin.id, new.name, is_site_admin=True, address=caller.address)
            self.accounts.audit.record(connection, actor, AuditAction.SET_UP, new.name)
        return self.logins.start_session(actor, AuditAction.LOGIN, user_agent)

    def _has_users(self) -> bool:
        with self.database.read() as connection:
            return bool(namespaces.find_users(connection, "", "", 1))

    def _require_awaited(self) -> None:
        if not self.is_awaited():
            raise _already_set_up()


def _find_awaited(connection: Connection) -> User | None:
    users = namespaces.find_users(connection, "", "", 2)
    if len(users) != 1 or users[0].name != ADMIN_NAME or users[0].last_login_at is not None:
        return None
    tokens = credentials.list_tokens(connection, users[0].id)
    # An admin made by hand has no such token, and is nobody's to change.
    is_untouched = bool(tokens) and all(token.name == _CREATED_BY and token.last_used_at is None for token in tokens)
    return users[0] if is_untouched else None


def _rename(connection: Connection, admin: User, new: NewAccount) -> None:
    taken = namespaces.find_namespace(connection, new.name)
    if taken is not None and taken.id != admin.id:
        raise Conflict(reason=f"The name {taken.name!r} is taken")
    values = {"name": new.name, "name_key": new.name.lower(), "fullname": new.fullname or new.name}
    namespaces.update_namespace(connection, admin.id, values)
    namespaces.set_email(connection, admin.id, new.email)


def _already_set_up() -> Conflict:
    return Conflict(reason="This Holdfast is set up already. Log in.")
