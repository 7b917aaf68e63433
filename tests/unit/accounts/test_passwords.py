from __future__ import annotations

import pytest

from holdfast.accounts.passwords import FREE_ATTEMPTS, MAX_WAIT_SECONDS, Patience, hash_password, verify_password
from holdfast.base.errors import TooManyAttempts


def test_a_hash_verifies_its_password_only():
    stored = hash_password("correct horse")
    assert stored.startswith("$argon2id$")
    assert stored != hash_password("correct horse")
    assert verify_password(stored, "correct horse")
    assert not verify_password(stored, "correct horsf")
    assert not verify_password(None, "nobody")
    assert not verify_password("not a hash", "correct horse")


def test_patience_ends_after_some_wrong_passwords_and_returns(clock):
    patience = Patience(clock)
    for _ in range(FREE_ATTEMPTS):
        patience.check("alice")
        patience.failed("alice")
    with pytest.raises(TooManyAttempts) as refused:
        patience.check("alice")
    assert (refused.value.status, refused.value.retry_after_seconds) == (429, 1)
    patience.check("bob")
    clock.advance(1)
    patience.check("alice")
    patience.failed("alice")
    with pytest.raises(TooManyAttempts, match="2 seconds"):
        patience.check("alice")
    patience.succeeded("alice")
    patience.check("alice")


def test_nobody_is_locked_out_for_long(clock):
    patience = Patience(clock)
    for _ in range(100):
        patience.failed("alice")
    with pytest.raises(TooManyAttempts, match=f"{MAX_WAIT_SECONDS} seconds"):
        patience.check("alice")
    clock.advance(MAX_WAIT_SECONDS)
    patience.check("alice")
