import random

import lz4.frame
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.hub.xet.formats.compression import (
    MAX_CHUNK_RAW_BYTES,
    MAX_FRAME_BLOCKS,
    ChunkDecoder,
    MalformedChunk,
    Scheme,
    compress,
    join_groups,
    split_groups,
)

TEXT = b"the quick brown fox jumps over the lazy dog " * 2000
FLOATS = np.linspace(0, 1, 20_000, dtype="<f4").tobytes()
PLAIN_HEADER = bytes.fromhex("04224d18604082")
END_MARK = bytes(4)


def decode(stored: bytes, scheme: int, raw_length: int) -> bytes:
    return bytes(ChunkDecoder().decode(memoryview(stored), scheme, raw_length))


def raw_block(payload: bytes) -> bytes:
    return (len(payload) | 1 << 31).to_bytes(4, "little") + payload


def test_groups_are_positions_modulo_four():
    assert split_groups(bytes(range(10))) == bytes([0, 4, 8, 1, 5, 9, 2, 6, 3, 7])


@given(st.binary(max_size=300))
def test_groups_round_trip(chunk):
    assert bytes(join_groups(split_groups(chunk), np.empty(len(chunk), np.uint8))) == chunk


@given(st.binary(min_size=1, max_size=2000), st.integers(1, 60), st.sampled_from(Scheme))
def test_round_trip(unit, times, scheme):
    chunk = (unit * times)[:MAX_CHUNK_RAW_BYTES]
    used, stored = compress(chunk, scheme)
    assert len(stored) <= len(chunk)
    assert decode(bytes(stored), used, len(chunk)) == chunk


def test_schemes_compress_what_they_are_for():
    assert compress(TEXT, Scheme.LZ4)[0] is Scheme.LZ4
    assert len(compress(FLOATS, Scheme.BG4_LZ4)[1]) < len(compress(FLOATS, Scheme.LZ4)[1])
    assert compress(random.Random(1).randbytes(1000), Scheme.LZ4)[0] is Scheme.NONE


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("size", [True, False])
@pytest.mark.parametrize("content_checksum", [True, False])
@pytest.mark.parametrize("block_checksum", [True, False])
@pytest.mark.parametrize("block_size", [4, 5, 6, 7])
def test_frames_of_other_writers_decode(linked, size, content_checksum, block_checksum, block_size):
    stored = lz4.frame.compress(
        TEXT,
        block_linked=linked,
        store_size=size,
        content_checksum=content_checksum,
        block_checksum=block_checksum,
        block_size=block_size,
    )
    assert decode(stored, Scheme.LZ4, len(TEXT)) == TEXT


@pytest.mark.parametrize("options", [{}, {"content_checksum": True}, {"store_size": False, "block_linked": False}])
@pytest.mark.parametrize("claimed", [-1, 1, -len(TEXT) + 1, -len(TEXT) // 2])
def test_another_raw_length_is_refused(options, claimed):
    stored = lz4.frame.compress(TEXT, **options)
    with pytest.raises(MalformedChunk):
        decode(stored, Scheme.LZ4, len(TEXT) + claimed)


@pytest.mark.parametrize("options", [{}, {"content_checksum": True}, {"store_size": False, "block_linked": False}])
def test_every_truncation_and_every_trailing_byte_is_refused(options):
    chunk = TEXT[:3000]
    stored = lz4.frame.compress(chunk, **options)
    for cut in range(len(stored)):
        with pytest.raises(MalformedChunk):
            decode(stored[:cut], Scheme.LZ4, len(chunk))
    for excess in (b"\0", bytes(4), stored):
        with pytest.raises(MalformedChunk):
            decode(stored + excess, Scheme.LZ4, len(chunk))


def test_a_bomb_is_never_inflated_beyond_the_claim(monkeypatch):
    limits = []
    original = lz4.block.decompress

    def record(block, uncompressed_size):
        limits.append(uncompressed_size)
        return original(block, uncompressed_size=uncompressed_size)

    monkeypatch.setattr("holdfast.hub.xet.formats.compression.lz4.block.decompress", record)
    bomb = lz4.frame.compress(bytes(4 << 20), store_size=False, block_linked=False, block_size=7)
    with pytest.raises(MalformedChunk):
        decode(bomb, Scheme.LZ4, 1000)
    assert limits == [1000]


def test_stored_length_must_be_the_raw_length_without_compression():
    with pytest.raises(MalformedChunk):
        decode(b"abc", Scheme.NONE, 4)


@pytest.mark.parametrize("scheme", [3, 99, 255])
def test_unknown_schemes_are_refused(scheme):
    with pytest.raises(MalformedChunk):
        decode(b"abc", scheme, 3)


def test_header_checksum_is_enforced():
    stored = bytearray(lz4.frame.compress(TEXT, store_size=False, block_linked=False))
    stored[6] ^= 1
    with pytest.raises(MalformedChunk):
        decode(bytes(stored), Scheme.LZ4, len(TEXT))


def test_dictionaries_skippable_and_empty_frames_are_refused():
    skippable = bytes.fromhex("502a4d18") + (3).to_bytes(4, "little") + b"abc"
    with_dictionary = bytes([*PLAIN_HEADER[:4], 0x61, *PLAIN_HEADER[5:]]) + raw_block(b"abc") + END_MARK
    for stored in (b"", b"\x04", skippable, with_dictionary, PLAIN_HEADER + END_MARK):
        with pytest.raises(MalformedChunk):
            decode(stored, Scheme.LZ4, 3)


def test_number_of_blocks_is_bounded():
    def frame(count: int) -> bytes:
        return PLAIN_HEADER + raw_block(b"a") * count + END_MARK

    assert decode(frame(MAX_FRAME_BLOCKS), Scheme.LZ4, MAX_FRAME_BLOCKS) == b"a" * MAX_FRAME_BLOCKS
    with pytest.raises(MalformedChunk):
        decode(frame(MAX_FRAME_BLOCKS + 1), Scheme.LZ4, MAX_FRAME_BLOCKS + 1)


def test_blocks_without_content_or_end_mark_are_refused():
    for body in (raw_block(b"abc"), raw_block(b"abc") + raw_block(b"") + END_MARK, raw_block(b"abcd") + END_MARK):
        with pytest.raises(MalformedChunk):
            decode(PLAIN_HEADER + body, Scheme.LZ4, 3)


def test_a_block_may_not_exceed_the_size_that_the_frame_declares():
    chunk = random.Random(1).randbytes(100_000)
    with pytest.raises(MalformedChunk):
        decode(PLAIN_HEADER + raw_block(chunk) + END_MARK, Scheme.LZ4, len(chunk))
