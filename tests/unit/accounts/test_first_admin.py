from __future__ import annotations

import pytest

from holdfast.base.errors import InvalidAccessToken, WrongPassword
from holdfast.base.identity import SYSTEM


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
