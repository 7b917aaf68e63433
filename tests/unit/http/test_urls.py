"""Base urls: from settings, else from what the request says of itself, if that can be a host."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.http.urls import UrlPolicy

SCOPE: dict[str, Any] = {"scheme": "http", "server": ("10.0.0.1", 8000)}


def base(headers: dict[bytes, bytes], external_url: str | None = None, *, trusted: bool = False) -> str:
    return UrlPolicy(external_url, "", trusted).urls(SCOPE, headers).base


@pytest.mark.parametrize("host", [b"hub.example.org", b"localhost:8000", b"[::1]:8000", b"my_host:1"])
def test_as_the_client_reaches_us(host: bytes):
    assert base({b"host": host}) == f"http://{host.decode()}"


@pytest.mark.parametrize(
    "host",
    [b"", b"a/b", b"a@b", b"a b", b'a"b', b"a>", b"a?b", b"a#b", b"a\\b", b"[x]", b"h:port", b"a" * 256, b"h:123456"],
)
def test_what_is_no_host_is_not_repeated(host: bytes):
    assert base({b"host": host}) == "http://10.0.0.1:8000"


def test_settings_count_more_than_any_header():
    headers = {b"host": b"evil.test", b"x-forwarded-host": b"evil.test"}
    assert base(headers, "https://hub.example.org/x", trusted=True) == "https://hub.example.org/x"


def test_proxies_are_believed_only_when_trusted():
    headers = {b"host": b"inner:1", b"x-forwarded-host": b"hub.test", b"x-forwarded-proto": b"https"}
    assert base(headers) == "http://inner:1"
    assert base(headers, trusted=True) == "https://hub.test"
