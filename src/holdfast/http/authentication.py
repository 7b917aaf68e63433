"""Who calls? Declared here, answered by `accounts`, wired in `app`."""

from __future__ import annotations

from typing import Protocol

from holdfast.base.identity import Actor

SESSION_COOKIE = "holdfast_session"


class Authenticator(Protocol):
    """Finds the actor of a request."""

    def authenticate(self, authorization: str | None, session_cookie: str | None) -> Actor | None:
        """Read `Bearer <access token>`, `Basic` with the token or password as password, or the session's cookie.

        Fast: it runs on the event loop. None means that the header holds a password that was not seen lately, whose
        verification takes long on purpose: call `authenticate_slowly`.

        Raises:
            InvalidAccessToken: the header names nobody, is expired or revoked.
        """
        ...

    def authenticate_slowly(self, authorization: str, address: str | None) -> Actor:
        """Verify the password of a `Basic` header; runs in the thread pool. `address`: where it came from, if known.

        Raises:
            InvalidAccessToken: it is wrong.
            TooManyAttempts: several wrong ones in a row.
        """
        ...
