"""Keeps other sites from using a browser's login session: the cookie alone proves nothing for a request that writes.

Passwords of the Basic scheme are kept and sent by browsers too. Access tokens need none of this.
Source: OWASP Cross-Site Request Forgery Prevention Cheat Sheet.
"""

from __future__ import annotations

import hashlib
import hmac

from holdfast.base.errors import Forbidden

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def csrf_token(session_secret: str) -> str:
    """The word that pages of a login session send back as `X-CSRF-Token`."""
    return hashlib.sha256(f"csrf\n{session_secret}".encode()).hexdigest()


def check_same_origin(method: str, headers: dict[bytes, bytes], session_secret: str, base_url: str) -> None:
    """Raise unless a writing request with a session cookie comes from our own pages or knows the session's word.

    Args:
        method: the HTTP method.
        headers: with lower-case names.
        session_secret: the cookie's value.
        base_url: how the client reaches us; browsers compare scheme, host and port.

    Raises:
        Forbidden: it may have been sent by another site.
    """
    if method in _SAFE_METHODS or headers.get(b"sec-fetch-site") == b"same-origin":
        return
    is_marked = b"origin" in headers and b"sec-fetch-site" not in headers
    if is_marked and not _is_from_other_site(headers, base_url):
        return
    if not hmac.compare_digest(headers.get(b"x-csrf-token", b""), csrf_token(session_secret).encode()):
        raise Forbidden(reason="This request must come from this site's own pages, or carry its X-CSRF-Token.")


def refuse_other_sites(method: str, headers: dict[bytes, bytes], base_url: str) -> None:
    """Raise for a writing request that a browser sends for the pages of another site; programs send no such mark.

    Args:
        method: the HTTP method.
        headers: with lower-case names.
        base_url: how the client reaches us.

    Raises:
        Forbidden: another site's page sent it.
    """
    if method not in _SAFE_METHODS and _is_from_other_site(headers, base_url):
        raise Forbidden(reason="Pages of other sites can't do this.")


def _is_from_other_site(headers: dict[bytes, bytes], base_url: str) -> bool:
    # Browsers send Sec-Fetch-Site only over https and to localhost; Origin always comes with a write.
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site not in (b"same-origin", b"none")
    origin = headers.get(b"origin")
    return origin is not None and origin.decode("latin-1") != "/".join(base_url.split("/")[:3])
