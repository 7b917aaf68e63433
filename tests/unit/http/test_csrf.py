from __future__ import annotations

import pytest

from holdfast.base.errors import Forbidden
from holdfast.http.csrf import check_same_origin, csrf_token, refuse_other_sites

SECRET = "session-secret"
BASE = "https://hub.example:8443/prefix"


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {}),
        ("HEAD", {b"sec-fetch-site": b"cross-site"}),
        ("POST", {b"sec-fetch-site": b"same-origin"}),
        ("POST", {b"origin": b"https://hub.example:8443"}),
        ("POST", {b"x-csrf-token": csrf_token(SECRET).encode()}),
        ("DELETE", {b"sec-fetch-site": b"cross-site", b"x-csrf-token": csrf_token(SECRET).encode()}),
    ],
)
def test_own_pages_pass(method, headers):
    check_same_origin(method, headers, SECRET, BASE)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {b"sec-fetch-site": b"cross-site"},
        {b"sec-fetch-site": b"same-site"},
        {b"sec-fetch-site": b"none"},
        {b"sec-fetch-site": b"cross-site", b"origin": b"https://hub.example:8443"},
        {b"origin": b"https://hub.example"},
        {b"origin": b"http://hub.example:8443"},
        {b"origin": b"null"},
        {b"x-csrf-token": csrf_token("another session").encode()},
        {b"x-csrf-token": b""},
    ],
)
def test_other_sites_do_not(headers):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        with pytest.raises(Forbidden):
            check_same_origin(method, headers, SECRET, BASE)


def test_the_word_does_not_tell_the_secret():
    assert SECRET not in csrf_token(SECRET)
    assert csrf_token(SECRET) != csrf_token(SECRET + "x")


@pytest.mark.parametrize(
    "headers",
    [
        {b"sec-fetch-site": b"cross-site"},
        {b"sec-fetch-site": b"same-site", b"origin": b"https://hub.example:8443"},
        {b"origin": b"https://evil.example"},
        {b"origin": b"null"},
    ],
)
def test_pages_of_other_sites_are_told_from_programs(headers):
    with pytest.raises(Forbidden):
        refuse_other_sites("POST", headers, BASE)
    refuse_other_sites("GET", headers, BASE)


@pytest.mark.parametrize("headers", [{}, {b"sec-fetch-site": b"same-origin"}, {b"origin": b"https://hub.example:8443"}])
def test_programs_and_own_pages_pass(headers):
    refuse_other_sites("POST", headers, BASE)
