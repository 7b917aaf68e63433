from __future__ import annotations

import pytest

from holdfast.accounts.domain import IssuedOAuthToken, OAuthRefusal, TokenOrigin
from holdfast.accounts.service import devices as module
from holdfast.base.errors import Forbidden, InvalidAccessToken, LoginRequired, NotFound, Overloaded
from holdfast.base.identity import ANONYMOUS, SYSTEM, Actor, TokenRole


def bearer(services, secret: str) -> Actor:
    return services.authentication.authenticate(f"Bearer {secret}", None)


def test_the_whole_way(services, clock, alice):
    issued = services.devices.start("some-client")
    assert services.devices.redeem(issued.device_code) is OAuthRefusal.PENDING
    assert services.devices.redeem(issued.device_code) is OAuthRefusal.SLOW_DOWN
    clock.advance(issued.interval_seconds)
    assert services.devices.redeem(issued.device_code) is OAuthRefusal.PENDING
    services.devices.decide(alice, issued.user_code.lower(), approve=True)
    token = services.devices.redeem(issued.device_code)
    assert isinstance(token, IssuedOAuthToken)
    actor = bearer(services, token.access_token)
    assert (actor.user_id, actor.token_role) == (alice.user_id, TokenRole.WRITE)
    assert services.profiles.whoami(actor).token.origin is TokenOrigin.OAUTH
    assert services.devices.redeem(issued.device_code) is OAuthRefusal.INVALID_GRANT


def test_a_refresh_replaces_the_access_token(services, clock, alice):
    issued = services.devices.start("some-client")
    services.devices.decide(SYSTEM, issued.user_code, approve=True, username="alice")
    first = services.devices.redeem(issued.device_code)
    clock.advance(first.lifetime_seconds)
    with pytest.raises(InvalidAccessToken):
        bearer(services, first.access_token)
    second = services.devices.refresh(first.refresh_token)
    assert second.access_token != first.access_token
    assert bearer(services, second.access_token).user_id == alice.user_id
    assert len(services.tokens.list_access_tokens(alice)) == 1
    assert services.devices.refresh("hf_refresh_guess") is OAuthRefusal.INVALID_GRANT
    clock.advance(module.REFRESH_SECONDS)
    assert services.devices.refresh(first.refresh_token) is OAuthRefusal.INVALID_GRANT


def test_revoking_the_token_ends_its_refresh_too(services, alice):
    issued = services.devices.start("some-client")
    services.devices.decide(alice, issued.user_code, approve=True)
    token = services.devices.redeem(issued.device_code)
    services.tokens.revoke_access_token(alice, services.tokens.list_access_tokens(alice)[0].id)
    assert services.devices.refresh(token.refresh_token) is OAuthRefusal.INVALID_GRANT


def test_denied_expired_unknown(services, clock, alice):
    denied = services.devices.start("c")
    services.devices.decide(alice, denied.user_code, approve=False)
    assert services.devices.redeem(denied.device_code) is OAuthRefusal.DENIED
    assert services.devices.redeem(denied.device_code) is OAuthRefusal.INVALID_GRANT
    late = services.devices.start("c")
    clock.advance(module.CODE_SECONDS)
    with pytest.raises(NotFound):
        services.devices.decide(alice, late.user_code, approve=True)
    assert services.devices.redeem(late.device_code) is OAuthRefusal.EXPIRED
    assert services.devices.redeem("guess") is OAuthRefusal.INVALID_GRANT


def test_a_decision_stands(services, alice, bob):
    issued = services.devices.start("c")
    services.devices.decide(alice, issued.user_code, approve=True)
    with pytest.raises(NotFound):
        services.devices.decide(bob, issued.user_code, approve=True)


def test_only_people_approve(services, alice, bob):
    code = services.devices.start("c").user_code
    with pytest.raises(LoginRequired):
        services.devices.decide(ANONYMOUS, code, approve=True)
    with pytest.raises(Forbidden):
        services.devices.decide(Actor(alice.user_id, "Alice", token_role=TokenRole.WRITE), code, approve=True)
    with pytest.raises(Forbidden):
        services.devices.decide(alice, code, approve=True, username="bob")
    with pytest.raises(NotFound):
        services.devices.decide(alice, "AAAA-AAAA", approve=True)


def test_waiting_programs_are_limited(services, clock, monkeypatch):
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    services.devices.start("c")
    services.devices.start("c")
    with pytest.raises(Overloaded):
        services.devices.start("c")
    clock.advance(module.CODE_SECONDS)
    services.devices.start("c")
