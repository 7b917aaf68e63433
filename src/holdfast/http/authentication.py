"""Who calls? Declared here, answered by `accounts`, wired in `app`."""

from __future__ import annotations

from typing import Protocol

from starlette.responses import Response

from holdfast.base.identity import Actor

SESSION_COOKIE = "holdfast_session"


def set_session_cookie(response: Response, secret: str, lifetime_seconds: int, base_url: str) -> None:
    """Let the browser keep a login session: out of scripts' reach, and sent by no other site's forms.

    Args:
        response: what logs somebody in.
        secret: the session's.
        lifetime_seconds: until the session ends by itself.
        base_url: how the browser reaches us; over https, the cookie is never sent without.
    """
    response.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=lifetime_seconds,
        httponly=True,
        samesite="lax",
        secure=base_url.startswith("https://"),
    )


def clear_session_cookie(response: Response) -> None:
    """Let the browser forget its login session."""
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")


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
