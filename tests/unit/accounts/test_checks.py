from __future__ import annotations

import pytest

from holdfast.accounts.checks import (
    check_any_password,
    check_email,
    check_fullname,
    check_given_token,
    check_grants,
    check_namespace_name,
    check_new_password,
)
from holdfast.base.errors import Conflict, InvalidInput
from holdfast.base.identity import Grant, Permission, TokenRole


@pytest.mark.parametrize("name", ["alice", "__DUMMY_HUB_USER__", "a", "Bob-2.0"])
def test_good_names(name):
    assert check_namespace_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "a--b", "a/b", "a b", "ä", "a" * 97, "x.git"])
def test_bad_names(name):
    with pytest.raises(InvalidInput):
        check_namespace_name(name)


@pytest.mark.parametrize("name", ["api", "Datasets", "settings", "ADMIN"])
def test_reserved_names(name):
    with pytest.raises(Conflict, match="reserved"):
        check_namespace_name(name)


def test_only_a_site_admin_is_called_admin():
    assert check_namespace_name("admin", for_site_admin=True) == "admin"
    with pytest.raises(Conflict):
        check_namespace_name("api", for_site_admin=True)


def test_texts():
    assert check_fullname("Zoë Müller 张") == "Zoë Müller 张"
    assert check_email("a@b.example") == "a@b.example"
    assert check_new_password("12345678") == "12345678"
    for check, text in [
        (check_fullname, "a\nb"),
        (check_fullname, "x" * 201),
        (check_email, "nobody"),
        (check_email, "@b"),
        (check_email, "a b@c"),
        (check_any_password, ""),
        (check_any_password, "x" * 1001),
        (check_new_password, "short"),
        (check_new_password, "x" * 1001),
        (check_given_token, ""),
        (check_given_token, "with space"),
        (check_given_token, "ünicode"),
    ]:
        with pytest.raises(InvalidInput):
            check(text)


@pytest.mark.parametrize("scope", ["alice", "model:alice/bert", "dataset:a/b", "space:__x__/y.z"])
def test_good_scopes(scope):
    check_grants(TokenRole.FINE_GRAINED, (Grant(scope, frozenset({Permission.READ_REPO})),))


@pytest.mark.parametrize(
    ("role", "grant"),
    [
        (TokenRole.WRITE, Grant("alice", frozenset({Permission.READ_REPO}))),
        (TokenRole.FINE_GRAINED, Grant("alice/bert", frozenset({Permission.READ_REPO}))),
        (TokenRole.FINE_GRAINED, Grant("kernel:alice/bert", frozenset({Permission.READ_REPO}))),
        (TokenRole.FINE_GRAINED, Grant("alice", frozenset())),
        (TokenRole.FINE_GRAINED, Grant("alice", frozenset({Permission.SITE_ADMIN}))),
    ],
)
def test_bad_grants(role, grant):
    with pytest.raises(InvalidInput):
        check_grants(role, (grant,))
