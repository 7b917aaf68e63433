"""Passwords and login sessions.

Verifying a password takes about 20 ms of CPU on purpose. git asks with the same password several times a second, so a
success is remembered for a few minutes: under a hash with a key that lives only in this process, and only as long as
the stored password stays the same.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from holdfast.accounts import permissions
from holdfast.accounts.auditing import AuditAction
from holdfast.accounts.checks import MAX_PASSWORD_LENGTH, check_any_password, check_new_password
from holdfast.accounts.domain import IssuedSession, User
from holdfast.accounts.fingerprints import fingerprint
from holdfast.accounts.passwords import Patience, hash_password, verify_password
from holdfast.accounts.service.accounts import AccountService
from holdfast.accounts.store import credentials, namespaces, sessions
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import Overloaded, WrongPassword
from holdfast.base.identity import ANONYMOUS, Actor, Permission

SESSION_SECONDS = 30 * 24 * 3600
REMEMBERED_SECONDS = 300
MAX_NAME_LENGTH = 96
_MAX_REMEMBERED = 1000
MAX_VERIFICATIONS = 8
"""At once: each takes 19 MiB, and strangers must not keep all threads busy with guesses."""


class LoginService:
    """Lets people in by password, and out."""

    def __init__(self, database: Database, accounts: AccountService, clock: Clock) -> None:
        self._database = database
        self._accounts = accounts
        self._clock = clock
        self._patience = Patience(clock)
        self._successes = _Successes(clock)
        self._places = threading.BoundedSemaphore(MAX_VERIFICATIONS)

    def log_in(
        self, username: str, password: str, caller: Actor = ANONYMOUS, *, user_agent: str | None = None
    ) -> IssuedSession:
        """Check the password and start a login session.

        Args:
            username: in any case.
            password: of that user.
            caller: whoever asks; only the address counts.
            user_agent: how the browser calls itself, for the list of sessions; None when unknown.

        Raises:
            WrongPassword: never says whether it was the name.
            TooManyAttempts: several wrong ones in a row.
        """
        actor = replace(self.verify(username, password, caller), address=caller.address)
        return self.start_session(actor, AuditAction.LOGIN, user_agent)

    def log_out(self, session_secret: str) -> None:
        """End a login session; nothing happens when there is none."""
        with self._database.write() as connection:
            sessions.delete_session(connection, fingerprint(session_secret))

    def change_password(self, actor: Actor, current: str, new: str, *, user_agent: str | None = None) -> IssuedSession:
        """Replace the actor's password. Ends all login sessions of the user and starts a new one.

        Raises:
            WrongPassword: `current` is not the password.
            InvalidInput: the new one is too short or too long.
            LoginRequired, Forbidden: no login session.
        """
        permissions.check_account(actor, Permission.OWN_ACCOUNT)
        check_new_password(new)
        self.verify(actor.username or "", current, actor)
        self._replace_password(actor, actor.user_id or 0, actor.username or "", new)
        return self.start_session(actor, AuditAction.LOGIN, user_agent)

    def set_password(self, actor: Actor, username: str, new: str) -> User:
        """Give a user a password as a site admin, who may choose any; ends all login sessions of the user."""
        permissions.check_account(actor, Permission.SITE_ADMIN)
        with self._database.read() as connection:
            user = self._accounts.find_user(connection, username)
        self._replace_password(actor, user.id, user.name, check_any_password(new))
        return user

    def recall(self, username: str, password: str) -> Actor | None:
        """Who a password stands for if it was verified lately; fast. None means: call `verify`."""
        found = credentials.actor_and_password_hash(self._database, username)
        if found is None or not self._successes.holds(username, password, found[1]):
            return None
        return found[0]

    def verify(self, username: str, password: str, caller: Actor = ANONYMOUS) -> Actor:
        """Who a password stands for, who has then been in; slow.

        Raises:
            WrongPassword, TooManyAttempts, Overloaded: as `check`.
        """
        actor = self.check(username, password, caller)
        with self._database.write() as connection:
            namespaces.set_last_login_at(connection, actor.user_id or 0, self._clock())
        return actor

    def check(self, username: str, password: str, caller: Actor = ANONYMOUS) -> Actor:
        """Who a password stands for; slow. A wrong one is remembered with the caller's address.

        Raises:
            WrongPassword, TooManyAttempts: nobody.
            Overloaded: too many passwords are being verified just now.
        """
        if len(username) > MAX_NAME_LENGTH or len(password) > MAX_PASSWORD_LENGTH:
            raise WrongPassword
        key = username.lower()
        self._patience.check(key)
        actor, password_hash = credentials.actor_and_password_hash(self._database, username) or (None, None)
        if not self._is_right(password_hash, password) or actor is None or password_hash is None:
            self._patience.failed(key)
            self._record_failure(key, caller)
            raise WrongPassword
        self._patience.succeeded(key)
        self._successes.add(username, password, password_hash)
        return actor

    def _is_right(self, password_hash: str | None, password: str) -> bool:
        if not self._places.acquire(blocking=False):
            raise Overloaded
        try:
            return verify_password(password_hash, password)
        finally:
            self._places.release()

    def start_session(self, actor: Actor, action: AuditAction, user_agent: str | None) -> IssuedSession:
        """Start a login session for somebody who has just proven to be the actor; the log says by which action."""
        secret = secrets.token_urlsafe(32)
        now, user_id = self._clock(), actor.user_id or 0
        expires_at = now + SESSION_SECONDS * 1000
        with self._database.write() as connection:
            sessions.insert_session(
                connection,
                fingerprint(secret),
                user_id,
                now,
                expires_at,
                address=actor.address,
                user_agent=user_agent,
            )
            user = self._accounts.namespace(connection, user_id)
            self._accounts.audit.record(connection, actor, action, user.name)
        return IssuedSession(user, secret, expires_at)

    def _record_failure(self, key: str, caller: Actor) -> None:
        # Only for names that exist: strangers must not be able to fill the log with invented ones.
        with self._database.write() as connection:
            found = namespaces.find_user(connection, key)
            if found is not None:
                self._accounts.audit.record(connection, caller, AuditAction.LOGIN_FAILED, found.name)

    def _replace_password(self, actor: Actor, user_id: int, username: str, new: str) -> None:
        password_hash = hash_password(new)
        is_own = actor.user_id == user_id
        with self._database.write() as connection:
            namespaces.set_password_hash(connection, user_id, password_hash)
            sessions.delete_sessions(connection, user_id)
            action = AuditAction.PASSWORD_CHANGED if is_own else AuditAction.PASSWORD_RESET
            self._accounts.audit.record(connection, actor, action, username)


@dataclass
class _Successes:
    # What was verified lately: keyed hash of name and password -> (hash in the database, end of memory).
    clock: Clock
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _entries: OrderedDict[bytes, tuple[str, int]] = field(default_factory=OrderedDict)

    def holds(self, username: str, password: str, password_hash: str) -> bool:
        known_hash, until = self._entries.get(self._digest(username, password), ("", 0))
        return known_hash == password_hash and until > self.clock()

    def add(self, username: str, password: str, password_hash: str) -> None:
        with self._lock:
            self._entries[self._digest(username, password)] = (password_hash, self.clock() + REMEMBERED_SECONDS * 1000)
            if len(self._entries) > _MAX_REMEMBERED:
                self._entries.popitem(last=False)

    def _digest(self, username: str, password: str) -> bytes:
        return hmac.digest(self._key, f"{username.lower()}\0{password}".encode(), hashlib.sha256)
