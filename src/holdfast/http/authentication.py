"""Who calls? Declared here, answered by `accounts`, wired in `app`."""

from __future__ import annotations

from typing import Protocol

from holdfast.base.identity import Actor

SESSION_COOKIE = "holdfast_session"


class Authenticator(Protocol):
    """Finds the actor of a request. Fast: it runs on the event loop."""

    def authenticate(self, authorization: str | None, session_cookie: str | None) -> Actor:
        """Read `Bearer <access token>`, `Basic` with the token or password as password, or the session's cookie.

        Raises:
            InvalidAccessToken: the header names nobody, is expired or revoked.
        """
        ...
