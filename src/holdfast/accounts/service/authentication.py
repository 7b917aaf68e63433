"""Answers `http.authentication.Authenticator`: who sent this request? Runs on the event loop, so every step is fast.

A token costs one SHA-256 and one indexed SELECT, so that a revoked token ends at once, also when another process
revoked it. When tokens and sessions were used is kept in memory and written now and then by `flush_last_used`.
"""

from __future__ import annotations

import base64

from holdfast.accounts.fingerprints import CREDENTIAL_PREFIX, fingerprint
from holdfast.accounts.service.logins import LoginService
from holdfast.accounts.store import credentials, sessions
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import HoldfastError, InvalidAccessToken, WrongPassword
from holdfast.base.identity import ANONYMOUS, Actor


class AuthenticationService:
    """Finds the actor of a request."""

    def __init__(self, database: Database, clock: Clock, logins: LoginService) -> None:
        self._database = database
        self._clock = clock
        self._logins = logins
        self._last_used: dict[int, int] = {}
        self._last_seen: dict[str, int] = {}

    def authenticate(self, authorization: str | None, session_cookie: str | None) -> Actor | None:
        """See `Authenticator.authenticate`."""
        if authorization is None:
            return self._by_session(session_cookie)
        scheme, _, word = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return self._require_token(word.strip())
        if scheme.lower() == "basic":
            return self._by_basic(*read_basic(word))
        raise InvalidAccessToken

    def authenticate_slowly(self, authorization: str, address: str | None = None) -> Actor:
        """See `Authenticator.authenticate_slowly`."""
        username, password = read_basic(authorization.partition(" ")[2])
        try:
            return self._logins.verify(username, password, Actor(address=address))
        except WrongPassword as error:
            raise InvalidAccessToken from error

    def flush_last_used(self) -> None:
        """Write when tokens and sessions were used. Called now and then and at the end; often there is no news."""
        if not self._last_used and not self._last_seen:
            return
        used, self._last_used = self._last_used, {}
        seen, self._last_seen = self._last_seen, {}
        try:
            with self._database.write() as connection:
                credentials.save_last_used(connection, used)
                sessions.save_last_seen(connection, seen)
        except HoldfastError:
            self._last_used = used | self._last_used
            self._last_seen = seen | self._last_seen
            raise

    def _by_session(self, secret: str | None) -> Actor:
        # A cookie that has expired is no error: the browser's owner sees the site as a stranger and logs in again.
        if not secret:
            return ANONYMOUS
        sha256, now = fingerprint(secret), self._clock()
        actor = credentials.actor_by_session(self._database, sha256, now)
        if actor is None:
            return ANONYMOUS
        self._last_seen[sha256] = now
        return actor

    def _by_basic(self, username: str, password: str) -> Actor | None:
        # Source: git clients send an access token as the password, with any name, or as the name alone.
        actor = self._by_token(password or username)
        if actor is not None:
            return actor
        if not username or not password or password.startswith(CREDENTIAL_PREFIX):
            raise InvalidAccessToken
        return self._logins.recall(username, password)

    def _require_token(self, secret: str) -> Actor:
        actor = self._by_token(secret)
        if actor is None:
            raise InvalidAccessToken
        return actor

    def _by_token(self, secret: str) -> Actor | None:
        now = self._clock()
        actor = credentials.actor_by_token(self._database, fingerprint(secret), now)
        if actor is not None and actor.token_id is not None:
            self._last_used[actor.token_id] = now
        return actor


def read_basic(word: str) -> tuple[str, str]:
    """User name and password of a Basic header. Source: RFC 7617.

    Raises:
        InvalidAccessToken: not base64 of `name:password` in UTF-8.
    """
    try:
        username, separator, password = base64.b64decode(word.strip(), validate=True).decode().partition(":")
    except ValueError as error:
        raise InvalidAccessToken from error
    if not separator:
        raise InvalidAccessToken
    return username, password
