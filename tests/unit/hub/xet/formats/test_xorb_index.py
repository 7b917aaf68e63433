import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.base.errors import CorruptObject
from holdfast.hub.xet.formats.hashes import XetHash, chunk_hash, is_global_dedup_eligible
from holdfast.hub.xet.formats.xorb_index import XorbIndex


def make_index(hashes, raw_lengths, stored_lengths) -> XorbIndex:
    offsets = (np.cumsum([0, *lengths], dtype=np.uint32) for lengths in (raw_lengths, stored_lengths))
    return XorbIndex(XetHash(bytes(range(32))), b"".join(hashes), *offsets)


@given(
    st.lists(
        st.tuples(st.binary(min_size=32, max_size=32), st.integers(1, 1 << 17), st.integers(9, 1 << 18)),
        min_size=1,
        max_size=50,
    )
)
def test_sidecar_round_trips(chunks):
    index = make_index(*zip(*chunks, strict=True))
    sidecar = index.to_sidecar()
    assert XorbIndex.from_sidecar(sidecar) == index
    assert XorbIndex.from_sidecar(sidecar).hash == index.hash
    assert len(sidecar) <= 48 * len(chunks) + 80


def test_any_damage_to_a_sidecar_is_noticed():
    sidecar = make_index([bytes(32), bytes(32)], [5, 6], [13, 14]).to_sidecar()
    for at in range(len(sidecar)):
        damaged = bytearray(sidecar)
        damaged[at] ^= 0x10
        with pytest.raises(CorruptObject):
            XorbIndex.from_sidecar(damaged)
        with pytest.raises(CorruptObject):
            XorbIndex.from_sidecar(sidecar[:at])


def test_ranges_and_nodes():
    hashes = [chunk_hash(bytes([n])) for n in range(3)]
    index = make_index(hashes, [5, 6, 7], [13, 20, 15])
    assert (len(index), index.raw_size, index.stored_size) == (3, 18, 48)
    assert index.stored_range(1, 3) == (13, 48)
    assert index.raw_length(1, 3) == 13
    assert index.chunk_hashes(1, 2) == hashes[1]
    assert list(index.nodes(1, 3)) == [(hashes[1], 6), (hashes[2], 7)]


def test_eligible_chunks_are_those_that_clients_ask_about():
    source = random.Random(2)
    hashes = [source.randbytes(32) for _ in range(200)]
    hashes[7] = hashes[7][:24] + (1024 * 99).to_bytes(8, "little")
    index = make_index(hashes, [1] * 200, [9] * 200)
    assert index.dedup_eligible() == [n for n, raw in enumerate(hashes) if is_global_dedup_eligible(raw)]
    assert 7 in index.dedup_eligible()


def test_equality_looks_at_everything():
    one = make_index([bytes(32)], [5], [13])
    assert one == make_index([bytes(32)], [5], [13])
    assert hash(one) == hash(make_index([bytes(32)], [5], [13]))
    assert one != make_index([bytes(32)], [5], [14])
    assert one != make_index([bytes(32)], [6], [13])
    assert one != make_index([b"\1" * 32], [5], [13])
