from __future__ import annotations

from contextlib import suppress

import pytest

from holdfast.accounts.domain import NewAccount
from holdfast.accounts.passwords import FREE_ATTEMPTS
from holdfast.base.errors import Conflict, InvalidAccessToken, InvalidInput, TooManyAttempts, WrongPassword
from holdfast.base.identity import SYSTEM, Actor


def test_a_new_instance_gets_an_admin(services):
    first = services.first_admin.ensure()
    assert first is not None
    actor = services.authentication.authenticate(f"Bearer {first.access_token}", None)
    assert (actor.username, actor.is_site_admin) == ("admin", True)
    assert services.logins.log_in("admin", first.password).user.name == "admin"


def test_the_secrets_are_renewed_until_one_was_used(services):
    first = services.first_admin.ensure()
    second = services.first_admin.ensure()
    with pytest.raises(WrongPassword):
        services.logins.log_in("admin", first.password)
    with pytest.raises(InvalidAccessToken):
        services.authentication.authenticate(f"Bearer {first.access_token}", None)
    services.logins.log_in("admin", second.password)
    assert services.first_admin.ensure() is None
    services.logins.log_in("admin", second.password)


def test_a_used_token_counts_as_having_been_in(services):
    first = services.first_admin.ensure()
    services.authentication.authenticate(f"Bearer {first.access_token}", None)
    services.authentication.flush_last_used()
    assert services.first_admin.ensure() is None


def test_seeded_users_need_no_admin(services):
    services.accounts.create_user(SYSTEM, "alice")
    assert services.first_admin.ensure() is None
    assert [user.name for user in services.accounts.list_users(SYSTEM)] == ["alice"]


def test_an_admin_made_by_hand_is_left_alone(services):
    services.accounts.create_user(SYSTEM, "admin", password="chosen by hand", is_site_admin=True)
    assert services.first_admin.ensure() is None
    services.logins.log_in("admin", "chosen by hand")


def set_up(services, code: str, name: str = "carol", password: str = "a long password"):
    return services.first_admin.set_up(Actor(address="192.0.2.7"), code, NewAccount(name, password, "Carol Cook"))


def test_whoever_has_the_code_becomes_the_administrator(services):
    first = services.first_admin.ensure()
    session = set_up(services, first.password)
    actor = services.authentication.authenticate(None, session.secret)
    assert (actor.username, actor.is_site_admin) == ("carol", True)
    assert [user.namespace.fullname for user in services.accounts.list_users(SYSTEM)] == ["Carol Cook"]
    assert services.logins.log_in("carol", "a long password").user.name == "carol"
    assert services.authentication.authenticate(f"Bearer {first.access_token}", None).username == "carol"
    assert services.first_admin.ensure() is None


def test_the_code_works_once(services):
    first = services.first_admin.ensure()
    set_up(services, first.password)
    with pytest.raises(Conflict, match="set up already"):
        set_up(services, first.password, "mallory")
    for name in ("admin", "carol"):
        with pytest.raises(WrongPassword):
            services.logins.log_in(name, first.password)


def test_reaching_the_server_is_not_enough(services):
    services.first_admin.ensure()
    for code in ("", "a guess"):
        with pytest.raises(WrongPassword):
            set_up(services, code)
    assert services.first_admin.is_awaited()
    for _ in range(FREE_ATTEMPTS):
        with suppress(WrongPassword, TooManyAttempts):
            set_up(services, "another guess")
    with pytest.raises(TooManyAttempts):
        set_up(services, "another guess")


def test_a_bad_choice_leaves_the_code_good(services):
    first = services.first_admin.ensure()
    for name, password, error in (("settings", "a long password", Conflict), ("carol", "short", InvalidInput)):
        with pytest.raises(error):
            set_up(services, first.password, name, password)
    assert set_up(services, first.password, "admin").user.name == "admin"


def test_an_instance_that_somebody_has_entered_is_nobodys_to_set_up(services):
    first = services.first_admin.ensure()
    services.authentication.authenticate(f"Bearer {first.access_token}", None)
    with pytest.raises(Conflict):
        set_up(services, first.password)
