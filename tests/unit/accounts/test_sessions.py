from __future__ import annotations

import pytest

from holdfast.base.errors import Forbidden, LoginRequired, NotFound
from holdfast.base.identity import ANONYMOUS, SYSTEM, Actor, TokenRole


@pytest.fixture
def dora(services) -> Actor:
    user = services.accounts.create_user(SYSTEM, "dora", password="down the hole")
    return Actor(user.id, user.name)


def log_in(services, agent: str = "Firefox/1") -> str:
    return services.logins.log_in("dora", "down the hole", Actor(address="192.0.2.7"), user_agent=agent).secret


def test_sessions_are_listed_with_where_they_come_from(services, clock, dora):
    old = log_in(services, "Firefox/1")
    clock.advance(60)
    current = log_in(services, "Chrome/1")
    clock.advance(60)
    services.authentication.authenticate(None, current)
    services.authentication.flush_last_used()
    newer, older = services.sessions.list_sessions(dora, current)
    assert (newer.user_agent, newer.address, newer.is_current) == ("Chrome/1", "192.0.2.7", True)
    assert newer.last_seen_at == clock.now == newer.created_at + 60_000
    assert (older.user_agent, older.is_current, older.last_seen_at) == ("Firefox/1", False, None)
    assert older.id not in old
    assert old not in str(older)


def test_one_session_ends_at_once(services, clock, dora):
    first = log_in(services)
    clock.advance(1)
    second = log_in(services)
    _, older = services.sessions.list_sessions(dora, second)
    services.sessions.revoke(dora, older.id)
    assert services.authentication.authenticate(None, first) == ANONYMOUS
    assert services.authentication.authenticate(None, second).username == "dora"
    with pytest.raises(NotFound):
        services.sessions.revoke(dora, older.id)


def test_all_but_this_one_end(services, dora):
    kept, *others = (log_in(services) for _ in range(3))
    assert services.sessions.revoke_others(dora, kept) == 2
    assert all(services.authentication.authenticate(None, secret) == ANONYMOUS for secret in others)
    assert services.authentication.authenticate(None, kept).username == "dora"


def test_sessions_of_others_are_nobodys_business(services, alice, dora):
    log_in(services)
    session = services.sessions.list_sessions(dora, None)[0]
    assert services.sessions.list_sessions(alice, None) == []
    with pytest.raises(NotFound):
        services.sessions.revoke(alice, session.id)
    with pytest.raises(LoginRequired):
        services.sessions.list_sessions(ANONYMOUS, None)
    with pytest.raises(Forbidden):
        services.sessions.list_sessions(Actor(dora.user_id, "dora", token_role=TokenRole.WRITE), None)


def test_a_disabled_users_sessions_end_for_good(services, dora):
    secret = log_in(services)
    services.users.change_user(SYSTEM, "dora", disabled=True)
    assert services.authentication.authenticate(None, secret) == ANONYMOUS
    services.users.change_user(SYSTEM, "dora", disabled=False)
    assert services.authentication.authenticate(None, secret) == ANONYMOUS
    assert services.sessions.list_sessions(dora, None) == []
