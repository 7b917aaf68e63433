"""Builders of Xet bytes and the bodies recorded from real clients."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from holdfast.hub.xet.formats.hashes import XetHash, hash_from_text
from tests.factories import xet

CAPTURES = Path(__file__).parent / "captures"


@dataclass(frozen=True)
class Capture:
    """What one client version sent."""

    xorb_hash: XetHash
    xorb: bytes
    shard: bytes


def _capture(version: str, name: str) -> Capture:
    stem = f"hf_xet_{version}"
    return Capture(
        hash_from_text(name),
        (CAPTURES / f"{stem}.xorb").read_bytes(),
        (CAPTURES / f"{stem}.shard").read_bytes(),
    )


@pytest.fixture(params=["1_8_0", "1_1_3"])
def capture(request) -> Capture:
    names = {
        "1_8_0": "aa2f106f0e876cc043561df9ad1e52571dd6b9bf627b0bff0047940f74a2a12c",
        "1_1_3": "a57d0c6f47d5c971b42788e806794e90b38df47ee2d935677671792407da30e0",
    }
    return _capture(request.param, names[request.param])


@pytest.fixture
def index_chunks():
    """Builds and reads a xorb: chunks, scheme → (bytes, index)."""
    return xet.index_chunks


@pytest.fixture
def claim_file():
    """Makes an honest ShardFile from (index, start, end) runs."""
    return xet.claim_file


@pytest.fixture
def write_shard():
    """Serializes ShardFiles as a client does; `xorbs` are listed in the second section."""
    return xet.write_shard
