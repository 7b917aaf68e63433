from __future__ import annotations

import pytest

from holdfast.base.errors import Conflict, Forbidden, InvalidAccessToken, NotFound, WrongPassword
from holdfast.base.identity import ANONYMOUS, SYSTEM, Actor


@pytest.fixture
def root(services) -> Actor:
    user = services.accounts.create_user(SYSTEM, "root", password="of all evil", is_site_admin=True)
    return Actor(user.id, user.name, is_site_admin=True)


def found(services, root, text: str) -> list[str]:
    return [user.name for user in services.users.find_users(root, text, after="", limit=10).users]


@pytest.mark.usefixtures("alice", "bob")
def test_users_are_found_by_name_full_name_and_address(services, root):
    assert found(services, root, "") == ["Alice", "bob", "root"]
    assert found(services, root, "LIDDELL") == found(services, root, "alice@") == ["Alice"]
    assert found(services, root, "%") == []
    first = services.users.find_users(root, "", after="", limit=2)
    assert [user.name for user in first.users] == ["Alice", "bob"]
    rest = services.users.find_users(root, "", after=first.next_cursor, limit=2)
    assert ([user.name for user in rest.users], rest.next_cursor) == (["root"], None)


def test_only_administrators_administer(services, alice, bob):
    for call in (
        lambda: services.users.find_users(alice, "", after="", limit=1),
        lambda: services.users.change_user(alice, "alice", is_site_admin=True),
        lambda: services.users.reset_password(alice, "bob"),
        lambda: services.users.add_user(alice, "eve", fullname=None, email=None, is_site_admin=False),
    ):
        with pytest.raises(Forbidden):
            call()
    with pytest.raises(NotFound):
        services.users.change_user(SYSTEM, "nobody", disabled=True)


def test_a_user_becomes_an_administrator_and_no_longer(services, root, alice):
    assert services.users.change_user(root, "alice", is_site_admin=True).is_site_admin
    assert not services.users.change_user(root, "alice", is_site_admin=False).is_site_admin


def test_somebody_can_always_administer(services, root, alice):
    for change in ({"is_site_admin": False}, {"disabled": True}):
        with pytest.raises(Conflict, match="nobody could administer"):
            services.users.change_user(root, "root", **change)
    services.users.change_user(root, "alice", is_site_admin=True)
    services.users.change_user(root, "alice", disabled=True)
    with pytest.raises(Conflict):
        services.users.change_user(root, "root", is_site_admin=False)
    services.users.change_user(root, "alice", disabled=False)
    assert not services.users.change_user(root, "root", is_site_admin=False).is_site_admin


def test_a_disabled_user_is_out_at_once(services, root, alice, issue):
    password = services.users.reset_password(root, "alice")
    token, session = issue("alice"), services.logins.log_in("alice", password)
    services.users.change_user(root, "alice", disabled=True)
    assert services.authentication.authenticate(None, session.secret) == ANONYMOUS
    with pytest.raises(InvalidAccessToken):
        services.authentication.authenticate(f"Bearer {token}", None)
    with pytest.raises(WrongPassword):
        services.logins.log_in("alice", password)


def test_a_new_password_ends_sessions(services, root):
    added, first = services.users.add_user(root, "carol", fullname=None, email=None, is_site_admin=False)
    session = services.logins.log_in("carol", first)
    second = services.users.reset_password(root, "carol")
    assert added.name == "carol"
    assert first != second
    assert services.authentication.authenticate(None, session.secret) == ANONYMOUS
    with pytest.raises(WrongPassword):
        services.logins.log_in("carol", first)
    services.logins.log_in("carol", second)
