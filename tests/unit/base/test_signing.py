"""Signed claims: for one purpose, for a while, and never a crash."""

from __future__ import annotations

import pytest

from holdfast.base.signing import Signer


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def signer(clock: Clock) -> Signer:
    return Signer(b"k" * 32, clock)


def test_a_claim_counts_for_its_purpose_and_words_alone(signer: Signer):
    signature = signer.sign("fetch", "xorb 1", 60)
    assert signer.check("fetch", "xorb 1", signature)
    assert not signer.check("upload", "xorb 1", signature)
    assert not signer.check("fetch", "xorb 2", signature)
    assert not Signer(b"o" * 32, signer.clock).check("fetch", "xorb 1", signature)


def test_a_claim_ends(signer: Signer, clock: Clock):
    word = signer.seal("token", "repo 1", 60)
    clock.now += 60_000
    assert signer.unseal("token", word) == "repo 1"
    clock.now += 1_000
    assert signer.unseal("token", word) is None


def test_a_claim_cannot_be_prolonged(signer: Signer):
    expiry, _, mac = signer.sign("fetch", "x", 60).partition(".")
    assert not signer.check("fetch", "x", f"{int(expiry, 16) + 1:x}.{mac}")


@pytest.mark.parametrize("expiry", ["", "-1", "0x1", "1_0", " 1", "F", "é", "f" * 13, "f" * 50_000])
def test_only_what_was_written_here_is_read(signer: Signer, expiry: str):
    assert not signer.check("fetch", "x", f"{expiry}.mac")
    assert signer.unseal("fetch", f"eA.{expiry}.mac") is None


@pytest.mark.parametrize("word", ["", ".", "..", "é.1.x", "/w.1.x", "eA", "a" * 100_000])
def test_other_words_say_nothing(signer: Signer, word: str):
    assert signer.unseal("fetch", word) is None
