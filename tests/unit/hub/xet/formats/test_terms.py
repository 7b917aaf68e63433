import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.base.errors import CorruptObject
from holdfast.hub.xet.formats.hashes import ZERO_HASH, XetHash
from holdfast.hub.xet.formats.terms import Term, hash_of_terms, pack_terms, require_index, unpack_terms

TERMS = st.builds(
    Term,
    st.binary(min_size=32, max_size=32).map(XetHash),
    st.integers(0, 8191),
    st.integers(1, 8192),
    st.integers(1, 64 << 20),
)


@given(st.lists(TERMS, max_size=20))
def test_packed_terms_round_trip(terms):
    assert unpack_terms(pack_terms(terms)) == tuple(terms)


def test_damaged_terms_are_noticed():
    with pytest.raises(CorruptObject):
        unpack_terms(b"x" * 43)


def test_hash_of_terms_is_the_file_hash(index_chunks, claim_file):
    _, one = index_chunks([bytes([n]) * 9 for n in range(30)])
    _, two = index_chunks([bytes([n]) * 7 for n in range(20)])
    file = claim_file((one, 3, 30), (two, 0, 20), (one, 0, 1))
    assert hash_of_terms(file.terms, {one.hash: one, two.hash: two}.get) == file.hash
    assert hash_of_terms((), {}.get) == ZERO_HASH


def test_an_unknown_xorb_is_named(index_chunks):
    _, index = index_chunks([b"a"])
    with pytest.raises(CorruptObject, match=r"terms\[0\]\.xorb"):
        hash_of_terms((Term(index.hash, 0, 1, 1),), {}.get)
    with pytest.raises(CorruptObject, match=r"x\.raw_length"):
        require_index(Term(index.hash, 0, 1, 2), lambda _: index, "x")
