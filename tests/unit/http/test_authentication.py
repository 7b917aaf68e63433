"""The cookie of a login session."""

from __future__ import annotations

import pytest
from starlette.responses import Response

from holdfast.http.authentication import SESSION_COOKIE, clear_session_cookie, set_session_cookie


@pytest.mark.parametrize(("base_url", "is_secure"), [("http://127.0.0.1:8000", False), ("https://hub.example", True)])
def test_scripts_and_other_sites_cannot_use_it(base_url: str, is_secure: bool):
    response = Response()
    set_session_cookie(response, "secret", 60, base_url)
    words = {word.strip().lower() for word in response.headers["set-cookie"].split(";")}
    assert {f"{SESSION_COOKIE}=secret", "httponly", "samesite=lax", "path=/", "max-age=60"} <= words
    assert ("secure" in words) is is_secure


def test_it_is_forgotten():
    response = Response()
    clear_session_cookie(response)
    assert "max-age=0" in response.headers["set-cookie"].lower()
