from __future__ import annotations

import pytest

from holdfast.accounts.domain import NewAccount
from holdfast.accounts.passwords import FREE_ATTEMPTS
from holdfast.base.errors import Conflict, Forbidden, InvalidInput, Overloaded
from holdfast.base.identity import ANONYMOUS, SYSTEM, Actor

CAROL = NewAccount("carol", "a long password", "Carol Cook", "carol@example.org")


@pytest.fixture
def opened(services):
    services.site.change(SYSTEM, open_signup=True)
    return services.signup


def test_sign_up_is_closed_unless_an_administrator_opens_it(services):
    with pytest.raises(Forbidden, match="Sign-up is closed"):
        services.signup.sign_up(ANONYMOUS, CAROL)
    services.site.change(SYSTEM, open_signup=True)
    services.signup.sign_up(ANONYMOUS, CAROL)
    services.site.change(SYSTEM, open_signup=False)
    with pytest.raises(Forbidden):
        services.signup.sign_up(ANONYMOUS, NewAccount("dave", "a long password"))


def test_a_new_user_is_logged_in_and_no_administrator(services, opened):
    session = opened.sign_up(ANONYMOUS, CAROL)
    actor = services.authentication.authenticate(None, session.secret)
    assert (actor.username, actor.is_site_admin) == ("carol", False)
    user = services.profiles.whoami(actor).user
    assert (user.namespace.fullname, user.email, user.has_password) == ("Carol Cook", "carol@example.org", True)
    assert services.logins.log_in("carol", "a long password").user.id == user.id


@pytest.mark.parametrize(
    ("new", "error"),
    [
        (NewAccount("ALICE", "a long password"), Conflict),
        (NewAccount("admin", "a long password"), Conflict),
        (NewAccount("settings", "a long password"), Conflict),
        (NewAccount("-", "a long password"), InvalidInput),
        (NewAccount("dave", "short"), InvalidInput),
        (NewAccount("dave", "a long password", email="nonsense"), InvalidInput),
        (NewAccount("dave", "a long password", "x" * 201), InvalidInput),
    ],
)
@pytest.mark.usefixtures("alice")
def test_names_and_passwords_are_checked(services, opened, new, error):
    with pytest.raises(error):
        opened.sign_up(ANONYMOUS, new)
    assert [user.name for user in services.accounts.list_users(SYSTEM)] == ["Alice"]


def test_whoever_makes_many_accounts_has_to_wait(opened, clock):
    def sign_up(number: int, address: str) -> None:
        opened.sign_up(Actor(address=address), NewAccount(f"user-{number}", "a long password"))

    for number in range(FREE_ATTEMPTS):
        sign_up(number, "192.0.2.7")
    with pytest.raises(Overloaded):
        sign_up(90, "192.0.2.7")
    sign_up(91, "192.0.2.8")
    clock.advance(1)
    sign_up(92, "192.0.2.7")
