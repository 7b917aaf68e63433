import hashlib
import random
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.base.errors import CorruptObject, TooLarge
from holdfast.hub.xet.formats import xorb
from holdfast.hub.xet.formats.compression import MAX_CHUNK_RAW_BYTES, Scheme
from holdfast.hub.xet.formats.hashes import chunk_hash, xorb_hash
from holdfast.hub.xet.formats.shard import check_file, read_shard
from holdfast.hub.xet.formats.xorb import build_xorb, decode_chunks, read_xorb

SOURCE = random.Random(5)
TEXT = " ".join(f"word{SOURCE.randrange(40)}" for _ in range(6000)).encode()
FLOATS = np.linspace(0, 1, 9000, dtype="<f4").tobytes() + b"xyz"
NOISE = SOURCE.randbytes(5000)
CHUNKS = [TEXT[:20_000], NOISE, b"a", TEXT[20_000:], NOISE, FLOATS]


def name_of(chunks):
    return xorb_hash((chunk_hash(chunk), len(chunk)) for chunk in chunks)


def header(stored: int, raw: int, *, version: int = 0, scheme: int = 0) -> bytes:
    return struct.pack("<II", version | stored << 8, scheme | raw << 8)


def read_back(data, index, start, end, **options) -> bytes:
    return b"".join(decode_chunks(data[slice(*index.stored_range(start, end))], index, start, end, **options))


def test_what_real_clients_send_is_accepted(capture):
    index = read_xorb(memoryview(capture.xorb), capture.xorb_hash)
    files = read_shard(capture.shard)
    assert len(files) == 5
    for file in files:
        check_file(file, {index.hash: index}.get)
        content = b"".join(read_back(capture.xorb, index, term.start, term.end) for term in file.terms)
        assert len(content) == file.size
        assert hashlib.sha256(content).hexdigest() == file.sha256


def test_the_footer_of_an_old_client_is_cut_off(capture):
    index = read_xorb(capture.xorb, capture.xorb_hash)
    assert read_xorb(capture.xorb[: index.stored_size], capture.xorb_hash) == index
    assert capture.xorb[index.stored_size :][:7] in (b"", b"XETBLOB")


@pytest.mark.parametrize("scheme", Scheme)
def test_round_trip(scheme, index_chunks):
    data, index = index_chunks(CHUNKS, scheme)
    assert len(index) == len(CHUNKS)
    assert index.hash == name_of(CHUNKS)
    assert (index.stored_size, index.raw_size) == (len(data), sum(map(len, CHUNKS)))
    assert read_back(data, index, 0, len(CHUNKS)) == b"".join(CHUNKS)


@given(st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=30), st.data())
def test_any_run_of_chunks_reads_back(chunks, draw):
    data = build_xorb(chunks, draw.draw(st.sampled_from(Scheme)))
    index = read_xorb(data, name_of(chunks))
    start = draw.draw(st.integers(0, len(chunks) - 1))
    end = draw.draw(st.integers(start + 1, len(chunks)))
    batch_bytes = draw.draw(st.integers(1, 500))
    assert read_back(data, index, start, end, batch_bytes=batch_bytes) == b"".join(chunks[start:end])


def test_batches_hold_whole_chunks_and_enough_bytes(index_chunks):
    chunks = [bytes([number]) * 1000 for number in range(10)]
    data, index = index_chunks(chunks)
    sizes = [len(batch) for batch in decode_chunks(data, index, 0, 10, batch_bytes=2500)]
    assert sizes == [3000, 3000, 3000, 1000]


def test_decoding_needs_exactly_the_run_of_the_range(index_chunks):
    data, index = index_chunks(CHUNKS)
    with pytest.raises(CorruptObject):
        list(decode_chunks(data[:-1], index, 0, len(CHUNKS)))


def test_decoding_notices_chunks_of_another_length(index_chunks):
    data, index = index_chunks([b"abcd", b"efgh"])
    _, other = index_chunks([b"abc", b"efghi"])
    other = xorb.XorbIndex(other.hash, other.hashes, other.raw_offsets, index.stored_offsets)
    with pytest.raises(CorruptObject, match="chunks"):
        list(decode_chunks(data, other, 0, 2))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"XETBLOB" + struct.pack("<I", 7), "body"),
        (header(3, 3)[:7], "chunks\\[0\\]"),
        (header(3, 3) + b"ab", "chunks\\[0\\]"),
        (header(3, 3) + b"abc" + b"x", "chunks\\[1\\]"),
        (header(3, 3, version=1) + b"abc", "chunks\\[0\\]"),
        (header(3, 3, scheme=3) + b"abc", "chunks\\[0\\]"),
        (header(3, 2) + b"abc", "chunks\\[0\\]"),
        (header(0, 0), "chunks\\[0\\]"),
        (header(3, 0) + b"abc", "chunks\\[0\\]"),
        (header(0, 3, scheme=1), "chunks\\[0\\]"),
        (header(3, MAX_CHUNK_RAW_BYTES + 1, scheme=1) + b"abc", "chunks\\[0\\]"),
        (header(2 * MAX_CHUNK_RAW_BYTES + 1, 5, scheme=1) + bytes(2 * MAX_CHUNK_RAW_BYTES + 1), "chunks\\[0\\]"),
        (header(3, 3) + b"abc" + b"XETBLOB\x01" + struct.pack("<I", 7), "footer"),
        (header(3, 3) + b"abc" + b"XETBLOB", "footer"),
        (header(3, 3) + b"abc" + b"XETBLOB" + bytes(400_000) + struct.pack("<I", 400_007), "footer"),
    ],
)
def test_malformed_bodies_are_refused_by_field(body, field):
    with pytest.raises(CorruptObject, match=field):
        read_xorb(body, name_of([b"abc"]))


def test_too_large_a_body_is_not_looked_at():
    with pytest.raises(TooLarge):
        read_xorb(bytes(xorb.MAX_XORB_BYTES + 1), name_of([b"abc"]))


def test_too_many_chunks_are_refused_before_decoding(monkeypatch):
    monkeypatch.setattr(xorb, "ChunkDecoder", lambda: pytest.fail("decoded"))
    with pytest.raises(CorruptObject, match="more chunks"):
        read_xorb((header(1, 1) + b"a") * (xorb.MAX_XORB_CHUNKS + 1), name_of([b"a"]))


def test_too_much_raw_data_is_refused_before_decoding(monkeypatch):
    monkeypatch.setattr(xorb, "ChunkDecoder", lambda: pytest.fail("decoded"))
    chunk = header(1, MAX_CHUNK_RAW_BYTES, scheme=1) + b"a"
    with pytest.raises(CorruptObject, match="more chunks or bytes"):
        read_xorb(chunk * 513, name_of([b"a"]))


def test_as_many_chunks_as_allowed_are_accepted(index_chunks):
    _, index = index_chunks([b"a"] * xorb.MAX_XORB_CHUNKS)
    assert len(index) == xorb.MAX_XORB_CHUNKS


def test_another_name_is_refused(index_chunks):
    data, _ = index_chunks(CHUNKS)
    with pytest.raises(CorruptObject, match="is the xorb"):
        read_xorb(data, name_of(CHUNKS[1:]))


def _flip(data, source):
    data[source.randrange(len(data))] ^= 1 << source.randrange(8)


def _truncate(data, source):
    del data[source.randrange(len(data)) :]


def _insert(data, source):
    at = source.randrange(len(data) + 1)
    data[at:at] = source.randbytes(source.choice([1, 4, 8, 40]))


def _drop(data, source):
    at = source.randrange(len(data))
    del data[at : at + source.choice([1, 2, 8])]


def _edit_header(data, source):
    start = source.choice(FUZZ_INDEX.stored_offsets[:-1].tolist())
    data[start + source.randrange(8)] = source.randrange(256)


def _repeat_chunk(data, source):
    number = source.randrange(len(FUZZ_INDEX))
    first, behind = FUZZ_INDEX.stored_range(number, number + 1)
    data[behind:behind] = data[first:behind]


def _swap_chunks(data, source):
    a, b = sorted(source.sample(range(len(FUZZ_INDEX)), 2))
    spans = [FUZZ_INDEX.stored_range(n, n + 1) for n in range(len(FUZZ_INDEX))]
    parts = [bytes(data[first:behind]) for first, behind in spans]
    parts[a], parts[b] = parts[b], parts[a]
    data[:] = b"".join(parts)


def _copy_range(data, source):
    length = source.randrange(1, 64)
    a, b = source.randrange(len(data) - length), source.randrange(len(data) - length)
    data[a : a + length] = data[b : b + length]


FUZZ_CHUNKS = [TEXT[:3000], NOISE[:200], TEXT[3000:4000], FLOATS[:2001], b"z", NOISE[200:300]]
FUZZ_XORB = build_xorb(FUZZ_CHUNKS[:3]) + build_xorb(FUZZ_CHUNKS[3:], Scheme.BG4_LZ4)
FUZZ_INDEX = read_xorb(FUZZ_XORB, name_of(FUZZ_CHUNKS))
MUTATIONS = [_flip, _truncate, _insert, _drop, _edit_header, _repeat_chunk, _swap_chunks, _copy_range]


@pytest.mark.parametrize("mutate", MUTATIONS)
def test_no_mutation_is_accepted_with_other_content(mutate):
    source = random.Random(mutate.__name__)
    refused = 0
    for _ in range(500):
        data = bytearray(FUZZ_XORB)
        mutate(data, source)
        try:
            index = read_xorb(data, FUZZ_INDEX.hash)
        except CorruptObject:
            refused += 1
            continue
        # The same content in another encoding is what the hash promises; anything else is a hole.
        assert read_back(data, index, 0, len(index)) == b"".join(FUZZ_CHUNKS)
    assert refused > 400
