import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.base.errors import CorruptObject, RangeNotSatisfiable
from holdfast.hub.xet.formats.hashes import chunk_hash, hash_to_text, xorb_hash
from holdfast.hub.xet.formats.reconstruction import (
    FetchRange,
    merge_ranges,
    plan_reconstruction,
    to_v1,
    to_v2,
)
from holdfast.hub.xet.formats.terms import Term
from holdfast.hub.xet.formats.xorb import build_xorb, decode_chunks, read_xorb


def make_store(seed: int) -> dict:
    """Three xorbs by hash: (bytes, index), with chunks of 1 to 60 bytes that are all different."""
    source = random.Random(seed)
    store = {}
    for _ in range(3):
        chunks = [source.randbytes(source.randrange(1, 60)) for _ in range(12)]
        data = build_xorb(chunks)
        index = read_xorb(data, xorb_hash((chunk_hash(chunk), len(chunk)) for chunk in chunks))
        store[index.hash] = (data, index)
    return store


STORE = make_store(4)
INDEXES = {name: index for name, (_, index) in STORE.items()}


def decode(name, start, end) -> bytes:
    data, index = STORE[name]
    return b"".join(decode_chunks(data[slice(*index.stored_range(start, end))], index, start, end))


def make_term(name, start, end) -> Term:
    return Term(name, start, end, INDEXES[name].raw_length(start, end))


RUNS = st.tuples(st.sampled_from(list(STORE)), st.integers(0, 11), st.integers(1, 12)).map(
    lambda run: make_term(run[0], run[1], max(run[1] + 1, run[2]))
)


def read_by_plan(plan) -> bytes:
    """What a client does: fetch the listed ranges, cut each term's chunks out of one of them, skip and stop."""
    fetched = {
        (name, span): STORE[name][0][span.byte_start : span.byte_end]
        for name, spans in plan.fetches.items()
        for span in spans
    }
    parts = []
    for term in plan.terms:
        (span,) = (
            span for span in plan.fetches[term.xorb] if span.chunk_start <= term.start < term.end <= span.chunk_end
        )
        index = INDEXES[term.xorb]
        run = b"".join(decode_chunks(fetched[term.xorb, span], index, span.chunk_start, span.chunk_end))
        skip = index.raw_length(span.chunk_start, term.start)
        parts.append(run[skip : skip + term.raw_length])
    content = b"".join(parts)
    return content[plan.offset_into_first_range :][: plan.length]


@given(st.lists(RUNS, min_size=1, max_size=8), st.data())
def test_any_range_reads_back(terms, draw):
    content = b"".join(decode(term.xorb, term.start, term.end) for term in terms)
    start = draw.draw(st.integers(0, len(content) - 1))
    end = draw.draw(st.integers(start + 1, len(content) + 50))
    plan = plan_reconstruction(terms, INDEXES.get, start, end)
    assert read_by_plan(plan) == content[start:end]
    assert plan.length == len(content[start:end])


@given(st.lists(RUNS, min_size=1, max_size=8), st.data())
def test_nothing_is_fetched_without_need(terms, draw):
    size = sum(term.raw_length for term in terms)
    start = draw.draw(st.integers(0, size - 1))
    end = draw.draw(st.integers(start + 1, size))
    plan = plan_reconstruction(terms, INDEXES.get, start, end)
    first, last = plan.terms[0], plan.terms[-1]
    assert plan.offset_into_first_range < INDEXES[first.xorb].raw_length(first.start, first.start + 1)
    excess = sum(term.raw_length for term in plan.terms) - plan.offset_into_first_range - plan.length
    assert 0 <= excess < INDEXES[last.xorb].raw_length(last.end - 1, last.end)
    for spans in plan.fetches.values():
        assert all(one.chunk_end < two.chunk_start for one, two in itertools.pairwise(spans))


def test_the_whole_file_keeps_its_terms():
    one, two, _ = STORE
    terms = [make_term(one, 0, 12), make_term(two, 2, 5), make_term(one, 3, 4)]
    plan = plan_reconstruction(terms, INDEXES.get)
    assert list(plan.terms) == terms
    assert plan.offset_into_first_range == 0
    assert plan.length == sum(term.raw_length for term in terms)
    assert {name: len(spans) for name, spans in plan.fetches.items()} == {one: 1, two: 1}


def test_only_the_indexes_in_the_range_are_asked_for():
    one, two, three = STORE
    terms = [make_term(one, 0, 12), make_term(two, 0, 12), make_term(three, 0, 12)]
    asked = []

    def index_of(name):
        asked.append(name)
        return INDEXES[name]

    start = terms[0].raw_length
    plan = plan_reconstruction(terms, index_of, start, start + terms[1].raw_length)
    assert asked == [two]
    assert plan.terms == (terms[1],)


def test_ranges_behind_the_end_are_not_satisfiable():
    (one, *_) = STORE
    terms = [make_term(one, 0, 3)]
    size = terms[0].raw_length
    for start, end in [(size, None), (size + 5, size + 9), (2, 2), (3, 2), (-1, 5)]:
        with pytest.raises(RangeNotSatisfiable) as caught:
            plan_reconstruction(terms, INDEXES.get, start, end)
        assert caught.value.size_bytes == size
    assert plan_reconstruction(terms, INDEXES.get, size - 1).length == 1


def test_an_empty_file_is_a_plan_without_terms_but_has_no_ranges():
    plan = plan_reconstruction((), INDEXES.get)
    assert (plan.terms, plan.length, plan.fetches) == ((), 0, {})
    for end in (None, 1):
        with pytest.raises(RangeNotSatisfiable):
            plan_reconstruction((), INDEXES.get, 1, end)
    with pytest.raises(RangeNotSatisfiable):
        plan_reconstruction((), INDEXES.get, 0, 1)


def test_terms_that_fit_no_index_are_refused():
    (one, *_) = STORE
    with pytest.raises(CorruptObject):
        plan_reconstruction([make_term(one, 0, 3)], lambda _: None)


def test_ranges_merge_when_they_touch_or_overlap():
    spans = [FetchRange(6, 8, 60, 80), FetchRange(0, 2, 0, 20), FetchRange(2, 4, 20, 40), FetchRange(1, 3, 10, 30)]
    assert merge_ranges(spans) == (FetchRange(0, 4, 0, 40), FetchRange(6, 8, 60, 80))
    assert merge_ranges([FetchRange(0, 9, 0, 90), FetchRange(2, 3, 20, 30)]) == (FetchRange(0, 9, 0, 90),)


def make_url(name, spans) -> str:
    return f"{hash_to_text(name)}?" + ",".join(f"{span.byte_start}-{span.byte_end - 1}" for span in spans)


def test_v1_shape():
    (one, *_) = STORE
    index = INDEXES[one]
    plan = plan_reconstruction([make_term(one, 1, 3), make_term(one, 5, 6)], INDEXES.get, 1)
    answer = to_v1(plan, make_url)
    first, behind = index.stored_range(1, 3)
    other, end = index.stored_range(5, 6)
    name = hash_to_text(one)
    assert answer == {
        "offset_into_first_range": 1,
        "terms": [
            {"hash": name, "unpacked_length": index.raw_length(1, 3), "range": {"start": 1, "end": 3}},
            {"hash": name, "unpacked_length": index.raw_length(5, 6), "range": {"start": 5, "end": 6}},
        ],
        "fetch_info": {
            name: [
                {
                    "range": {"start": 1, "end": 3},
                    "url": f"{name}?{first}-{behind - 1}",
                    "url_range": {"start": first, "end": behind - 1},
                },
                {
                    "range": {"start": 5, "end": 6},
                    "url": f"{name}?{other}-{end - 1}",
                    "url_range": {"start": other, "end": end - 1},
                },
            ]
        },
    }


def test_v2_shape_puts_several_ranges_under_one_url():
    (one, *_) = STORE
    index = INDEXES[one]
    plan = plan_reconstruction([make_term(one, n, n + 1) for n in (1, 5, 9)], INDEXES.get)
    edges = {n: index.stored_range(n, n + 1) for n in (1, 5, 9)}
    ranges = [
        {"chunks": {"start": n, "end": n + 1}, "bytes": {"start": first, "end": behind - 1}}
        for n, (first, behind) in edges.items()
    ]
    answer = to_v2(plan, make_url, ranges_per_url=2)
    assert set(answer) == {"offset_into_first_range", "terms", "xorbs"}
    (entries,) = answer["xorbs"].values()
    assert [entry["ranges"] for entry in entries] == [ranges[:2], ranges[2:]]
    assert entries[0]["url"].count("-") == 2
    assert to_v2(plan, make_url)["xorbs"][hash_to_text(one)][0]["ranges"] == ranges
