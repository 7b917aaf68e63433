from __future__ import annotations

import base64
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.accounts.passwords import verify_password
from holdfast.accounts.service import logins
from holdfast.base.errors import InvalidAccessToken, Overloaded, StorageFull, TooManyAttempts, WrongPassword
from holdfast.base.identity import ANONYMOUS, SYSTEM, TokenRole


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


@pytest.fixture
def dora(services):
    """A user with a password."""
    return services.accounts.create_user(SYSTEM, "dora", password="down the hole")


def test_nobody_without_credentials(services):
    assert services.authentication.authenticate(None, None) == ANONYMOUS
    assert services.authentication.authenticate(None, "") == ANONYMOUS
    assert services.authentication.authenticate(None, "forged") == ANONYMOUS


@pytest.mark.parametrize(
    "header",
    [
        "", "Bearer", "Bearer ", "Bearer None", "Bearer hf_unknown", "Bearer \xff", "Digest x", "hf_unknown",
        "Basic", "Basic !!!", "Basic \xff", "Basic \u20ac", "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(), basic("", ""), basic("alice", "hf_unknown"),
        basic("alice", ""), basic("", "secret"),
    ],
)  # fmt: skip
def test_headers_that_name_nobody(services, alice, header):
    with pytest.raises(InvalidAccessToken):
        services.authentication.authenticate(header, None)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60), st.binary(max_size=60))
def test_no_header_breaks_anything(services, text, words):
    for header in (text, f"Bearer {text}", f"Basic {text}", "Basic " + base64.b64encode(words).decode()):
        with contextlib.suppress(InvalidAccessToken):
            assert services.authentication.authenticate(header, text) is None


def test_a_bad_header_is_not_saved_by_a_good_cookie(services, dora):
    session = services.logins.log_in("dora", "down the hole")
    with pytest.raises(InvalidAccessToken):
        services.authentication.authenticate("Bearer hf_unknown", session.secret)


@pytest.mark.parametrize("pair", [("alice", "hf_given"), ("whoever", "hf_given"), ("hf_given", "")])
def test_git_sends_the_token_as_a_password(services, alice, issue, pair):
    issue("alice", TokenRole.READ, secret="hf_given")
    actor = services.authentication.authenticate(basic(*pair), None)
    assert actor is not None
    assert (actor.user_id, actor.token_role) == (alice.user_id, TokenRole.READ)


def test_a_password_is_verified_slowly_once_and_then_remembered(services, clock, dora):
    header = basic("DORA", "down the hole")
    assert services.authentication.authenticate(header, None) is None
    slow = services.authentication.authenticate_slowly(header)
    assert (slow.user_id, slow.token_role) == (dora.id, None)
    assert services.authentication.authenticate(header, None) == slow
    assert services.authentication.authenticate(basic("dora", "down the hall"), None) is None
    clock.advance(301)
    assert services.authentication.authenticate(header, None) is None


def test_a_changed_password_is_not_remembered(services, dora):
    header = basic("dora", "down the hole")
    services.authentication.authenticate_slowly(header)
    services.logins.set_password(SYSTEM, "dora", "another one")
    assert services.authentication.authenticate(header, None) is None
    with pytest.raises(InvalidAccessToken):
        services.authentication.authenticate_slowly(header)


def test_a_wrong_password_is_an_invalid_credential_and_soon_must_wait(services, dora):
    for _ in range(5):
        with pytest.raises(InvalidAccessToken):
            services.authentication.authenticate_slowly(basic("dora", "wrong"))
    with pytest.raises(TooManyAttempts):
        services.authentication.authenticate_slowly(basic("dora", "down the hole"))


def test_a_session_lasts_until_logout_or_expiry(services, clock, dora):
    first, second = (services.logins.log_in("dora", "down the hole") for _ in range(2))
    actor = services.authentication.authenticate(None, first.secret)
    assert (actor.user_id, actor.token_role) == (dora.id, None)
    services.logins.log_out(first.secret)
    assert services.authentication.authenticate(None, first.secret) == ANONYMOUS
    clock.now = second.expires_at - 1
    assert services.authentication.authenticate(None, second.secret).user_id == dora.id
    clock.now = second.expires_at
    assert services.authentication.authenticate(None, second.secret) == ANONYMOUS


def test_a_new_password_ends_all_sessions_but_the_new_one(services, dora):
    old = services.logins.log_in("dora", "down the hole")
    actor = services.authentication.authenticate(None, old.secret)
    with pytest.raises(WrongPassword):
        services.logins.change_password(actor, "guess", "another one")
    new = services.logins.change_password(actor, "down the hole", "another one")
    assert services.authentication.authenticate(None, old.secret) == ANONYMOUS
    assert services.authentication.authenticate(None, new.secret).user_id == dora.id
    with pytest.raises(WrongPassword):
        services.logins.log_in("dora", "down the hole")
    assert services.logins.log_in("dora", "another one").user.id == dora.id


def test_names_and_passwords_are_refused_alike(services, dora, alice):
    long = "x" * 1001
    for pair in (("dora", "wrong"), ("nobody", "wrong"), ("alice", "wrong"), ("dora", ""), (long, "x"), ("dora", long)):
        with pytest.raises(WrongPassword, match="The user name or the password is wrong"):
            services.logins.log_in(*pair)


def test_a_disabled_user_cannot_log_in(services, dora):
    session = services.logins.log_in("dora", "down the hole")
    services.accounts.set_user_disabled(SYSTEM, "dora", disabled=True)
    assert services.authentication.authenticate(None, session.secret) == ANONYMOUS
    with pytest.raises(WrongPassword):
        services.logins.log_in("dora", "down the hole")


def test_use_is_remembered_in_memory_and_written_on_flush(services, clock, alice, issue):
    issue("alice", secret="hf_given")
    services.authentication.authenticate("Bearer hf_given", None)
    assert services.tokens.list_access_tokens(alice)[0].last_used_at is None
    services.authentication.flush_last_used()
    assert services.tokens.list_access_tokens(alice)[0].last_used_at == clock()
    services.authentication.flush_last_used()


def test_what_could_not_be_written_is_written_later(services, alice, issue, database, monkeypatch):
    issue("alice", secret="hf_given")
    services.authentication.authenticate("Bearer hf_given", None)

    def full_disk():
        raise StorageFull

    with monkeypatch.context() as patched:
        patched.setattr(database, "write", full_disk)
        with pytest.raises(StorageFull):
            services.authentication.flush_last_used()
    services.authentication.flush_last_used()
    assert services.tokens.list_access_tokens(alice)[0].last_used_at is not None


def test_only_some_passwords_are_verified_at_once(services, dora, monkeypatch):
    """Each takes much memory and a core; who guesses must not keep everybody else waiting."""
    begun, go_on = threading.Semaphore(0), threading.Event()

    def slow(password_hash: str | None, password: str) -> bool:
        begun.release()
        go_on.wait(10)
        return verify_password(password_hash, password)

    monkeypatch.setattr(logins, "verify_password", slow)
    with ThreadPoolExecutor(logins.MAX_VERIFICATIONS) as guessers:
        guesses = [
            guessers.submit(services.logins.verify, f"nobody{number}", "guess")
            for number in range(logins.MAX_VERIFICATIONS)
        ]
        for _ in guesses:
            begun.acquire(timeout=10)
        with pytest.raises(Overloaded):
            services.logins.verify("dora", "down the hole")
        go_on.set()
        assert all(isinstance(guess.exception(10), WrongPassword) for guess in guesses)
    assert services.logins.verify("dora", "down the hole").username == "dora"
