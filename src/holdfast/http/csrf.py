"""Keeps other sites from using a browser's login session: the cookie alone proves nothing for a request that writes.

Access tokens need none of this, for no browser sends them by itself.
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
    # Browsers send Sec-Fetch-Site only over https and to localhost; Origin always comes with a write.
    origin = headers.get(b"origin", b"").decode("latin-1")
    if origin and origin == "/".join(base_url.split("/")[:3]) and b"sec-fetch-site" not in headers:
        return
    if not hmac.compare_digest(headers.get(b"x-csrf-token", b""), csrf_token(session_secret).encode()):
        raise Forbidden(reason="This request must come from this site's own pages, or carry its X-CSRF-Token.")
