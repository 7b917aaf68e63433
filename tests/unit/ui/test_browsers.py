from __future__ import annotations

import pytest

from holdfast.ui.browsers import name_browser

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 (KHTML) Version/18.0 Safari/604.1"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (CHROME, "Chrome on Linux"),
        (CHROME + " Edg/130.0", "Edge on Linux"),
        (SAFARI, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Windows"),
        ("curl/8.5.0", "curl"),
        ("some-program/1.0 (whatever)", "some-program"),
        ("", "Unknown program"),
        (None, "Unknown program"),
    ],
)
def test_people_recognise_their_browsers(user_agent: str | None, name: str):
    assert name_browser(user_agent) == name
