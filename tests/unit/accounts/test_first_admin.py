from __future__ import annotations

import pytest

from holdfast.accounts.service.first_admin import ensure_first_admin
from holdfast.base.errors import InvalidAccessToken, WrongPassword
from holdfast.base.identity import SYSTEM


def test_a_new_instance_gets_an_admin(services):
    first = ensure_first_admin(services)
    assert first is not None
    actor = services.authentication.authenticate(f"Bearer {first.access_token}", None)
    assert (actor.username, actor.is_site_admin) == ("admin", True)
    assert services.logins.log_in("admin", first.password).user.name == "admin"


def test_the_secrets_are_renewed_until_one_was_used(services):
    first = ensure_first_admin(services)
    second = ensure_first_admin(services)
    with pytest.raises(WrongPassword):
        services.logins.log_in("admin", first.password)
    with pytest.raises(InvalidAccessToken):
        services.authentication.authenticate(f"Bearer {first.access_token}", None)
    services.logins.log_in("admin", second.password)
    assert ensure_first_admin(services) is None
    services.logins.log_in("admin", second.password)


def test_a_used_token_counts_as_having_been_in(services):
    first = ensure_first_admin(services)
    services.authentication.authenticate(f"Bearer {first.access_token}", None)
    services.authentication.flush_last_used()
    assert ensure_first_admin(services) is None


def test_seeded_users_need_no_admin(services):
    services.accounts.create_user(SYSTEM, "alice")
    assert ensure_first_admin(services) is None
    assert [user.name for user in services.accounts.list_users(SYSTEM)] == ["alice"]


def test_an_admin_made_by_hand_is_left_alone(services):
    services.accounts.create_user(SYSTEM, "admin", password="chosen by hand", is_site_admin=True)
    assert ensure_first_admin(services) is None
    services.logins.log_in("admin", "chosen by hand")
