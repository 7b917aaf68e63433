from __future__ import annotations

import base64

from holdfast.base.sealing import Sealer

SEALER = Sealer(b"k" * 32, "secrets")


def test_what_is_sealed_opens():
    sealed = SEALER.seal("hunter22 ü", "job-1")
    assert SEALER.open(sealed, "job-1") == "hunter22 ü"
    assert "hunter22" not in sealed
    assert SEALER.seal("hunter22 ü", "job-1") != sealed


def test_only_for_its_owner_its_purpose_and_its_key():
    sealed = SEALER.seal("x", "job-1")
    assert SEALER.open(sealed, "job-2") is None
    assert Sealer(b"k" * 32, "other").open(sealed, "job-1") is None
    assert Sealer(b"j" * 32, "secrets").open(sealed, "job-1") is None


def test_what_was_changed_does_not_open():
    data = bytearray(base64.b64decode(SEALER.seal("x" * 40, "a")[2:]))
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1
        assert SEALER.open("1." + base64.b64encode(changed).decode(), "a") is None
    for junk in ("", "1.", "1.AAAA", "no base64!", SEALER.seal("x", "a")[:20]):
        assert SEALER.open(junk, "a") is None


def test_its_key_is_not_shown():
    assert "kkkk" not in repr(SEALER)
