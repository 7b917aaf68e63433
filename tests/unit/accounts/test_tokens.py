from __future__ import annotations

import pytest

from holdfast.base.errors import Conflict, Forbidden, InvalidAccessToken, InvalidInput, LoginRequired, NotFound
from holdfast.base.identity import ANONYMOUS, SYSTEM, Actor, Grant, Permission, TokenRole


def bearer(services, secret: str) -> Actor:
    return services.authentication.authenticate(f"Bearer {secret}", None)


def test_a_token_names_its_owner_until_revoked(services, alice):
    issued = services.tokens.create_access_token(alice, "laptop", TokenRole.READ)
    actor = bearer(services, issued.secret)
    assert (actor.user_id, actor.username, actor.token_role) == (alice.user_id, "Alice", TokenRole.READ)
    assert [token.name for token in services.tokens.list_access_tokens(alice)] == ["laptop"]
    services.tokens.revoke_access_token(alice, issued.token.id)
    with pytest.raises(InvalidAccessToken):
        bearer(services, issued.secret)
    with pytest.raises(NotFound):
        services.tokens.revoke_access_token(alice, issued.token.id)


def test_the_secret_is_stored_nowhere(services, alice, tmp_path):
    secret = services.tokens.create_access_token(alice, "laptop", TokenRole.WRITE).secret
    assert not any(secret.encode() in path.read_bytes() for path in tmp_path.iterdir())


def test_an_expired_token_is_invalid(services, clock, alice):
    secret = services.tokens.create_access_token(alice, "x", TokenRole.READ, expires_at=clock() + 1000).secret
    assert bearer(services, secret).user_id == alice.user_id
    clock.advance(1)
    with pytest.raises(InvalidAccessToken):
        bearer(services, secret)
    with pytest.raises(InvalidInput):
        services.tokens.create_access_token(alice, "x", TokenRole.READ, expires_at=clock())


def test_grants_come_back_with_the_actor(services, alice):
    grants = (
        Grant("alice", frozenset({Permission.READ_REPO, Permission.WRITE_OWN})),
        Grant("model:acme/bert", frozenset({Permission.WRITE_REPO})),
    )
    issued = services.tokens.create_access_token(alice, "ci", TokenRole.FINE_GRAINED, grants=grants)
    assert bearer(services, issued.secret).grants == grants
    assert services.tokens.list_access_tokens(alice) == [issued.token]


def test_a_token_cannot_make_tokens(services, alice):
    for role in TokenRole:
        with pytest.raises(Forbidden, match="Log in with your password"):
            services.tokens.create_access_token(Actor(alice.user_id, "Alice", token_role=role), "x", TokenRole.READ)
    with pytest.raises(LoginRequired):
        services.tokens.list_access_tokens(ANONYMOUS)


def test_only_site_admins_reach_other_peoples_tokens(services, alice, bob):
    theirs = services.tokens.create_access_token(bob, "x", TokenRole.READ)
    with pytest.raises(Forbidden):
        services.tokens.list_access_tokens(alice, "bob")
    with pytest.raises(NotFound):
        services.tokens.revoke_access_token(alice, theirs.token.id)
    with pytest.raises(Forbidden):
        services.tokens.create_access_token(alice, "x", TokenRole.READ, secret="hf_given")
    assert services.tokens.list_access_tokens(SYSTEM, "BOB") == [theirs.token]
    with pytest.raises(NotFound):
        services.tokens.create_access_token(SYSTEM, "x", TokenRole.READ, username="carol")


def test_a_given_secret_works_and_belongs_to_one_token(services, alice, bob):
    services.tokens.create_access_token(SYSTEM, "x", TokenRole.WRITE, username="alice", secret="hf_given")
    assert bearer(services, "hf_given").user_id == alice.user_id
    with pytest.raises(Conflict):
        services.tokens.create_access_token(SYSTEM, "x", TokenRole.WRITE, username="bob", secret="hf_given")
    assert bearer(services, "hf_given").user_id == alice.user_id


def test_a_disabled_user_is_out_at_once_and_back_when_enabled(services, alice):
    secret = services.tokens.create_access_token(alice, "x", TokenRole.WRITE).secret
    services.accounts.set_user_disabled(SYSTEM, "alice", disabled=True)
    with pytest.raises(InvalidAccessToken):
        bearer(services, secret)
    services.accounts.set_user_disabled(SYSTEM, "alice", disabled=False)
    assert bearer(services, secret).user_id == alice.user_id


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 201])
def test_bad_names(services, alice, name):
    with pytest.raises(InvalidInput):
        services.tokens.create_access_token(alice, name, TokenRole.READ)
