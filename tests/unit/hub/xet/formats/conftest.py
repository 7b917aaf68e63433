"""Builders of Xet bytes and the bodies recorded from real clients."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import pytest

from holdfast.hub.xet.formats.hashes import (
    XetHash,
    chunk_hash,
    file_hash,
    hash_from_text,
    sha256_to_field,
    verification_hash,
    xorb_hash,
)
from holdfast.hub.xet.formats.shard import (
    BOOKEND_HASH,
    FLAG_METADATA,
    FLAG_VERIFICATION,
    SHARD_TAG,
    SHARD_VERSION,
    ShardFile,
)
from holdfast.hub.xet.formats.terms import Term
from holdfast.hub.xet.formats.xorb import build_xorb, read_xorb
from holdfast.hub.xet.formats.xorb_index import XorbIndex

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


def name_of(chunks) -> XetHash:
    return xorb_hash((chunk_hash(chunk), len(chunk)) for chunk in chunks)


@pytest.fixture
def index_chunks():
    """Builds and reads a xorb: chunks, scheme → (bytes, index)."""

    def make(chunks, *scheme) -> tuple[bytes, XorbIndex]:
        data = build_xorb(chunks, *scheme)
        return data, read_xorb(data, name_of(chunks))

    return make


@pytest.fixture
def claim_file():
    """Makes an honest ShardFile from (index, start, end) runs."""

    def make(*runs: tuple[XorbIndex, int, int], sha256: str | None = None) -> ShardFile:
        terms = tuple(Term(index.hash, start, end, index.raw_length(start, end)) for index, start, end in runs)
        nodes = [node for index, start, end in runs for node in index.nodes(start, end)]
        proofs = b"".join(verification_hash(index.chunk_hashes(start, end)) for index, start, end in runs)
        return ShardFile(file_hash(nodes), terms, proofs, sha256)

    return make


@pytest.fixture
def write_shard():
    """Serializes ShardFiles as a client does; `xorbs` are listed in the second section."""

    def write(*files: ShardFile, xorbs: tuple[XorbIndex, ...] = ()) -> bytes:
        parts = [struct.pack("<32sQQ", SHARD_TAG, SHARD_VERSION, 0)]
        for file in files:
            flags = FLAG_VERIFICATION | (FLAG_METADATA if file.sha256 else 0)
            parts.append(struct.pack("<32sIIQ", file.hash, flags, len(file.terms), 0))
            parts += [struct.pack("<32sIIII", t.xorb, 0, t.raw_length, t.start, t.end) for t in file.terms]
            parts += [file.proofs[at : at + 32] + bytes(16) for at in range(0, len(file.proofs), 32)]
            if file.sha256:
                parts.append(sha256_to_field(file.sha256) + bytes(16))
        parts.append(BOOKEND_HASH + bytes(16))
        for index in xorbs:
            parts.append(struct.pack("<32sIIII", index.hash, 0, len(index), index.raw_size, index.stored_size))
            parts += [struct.pack("<32sIIII", raw, 0, length, 0, 0) for raw, length in index.nodes(0, len(index))]
        parts.append(BOOKEND_HASH + bytes(16))
        return b"".join(parts)

    return write
