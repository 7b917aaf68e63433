"""Plans for reading a file, or a range of it, back from xorbs: pure arithmetic over terms and indexes.

A plan trims the terms to whole chunks around the asked bytes and lists, per xorb, the stored byte ranges to fetch.
It knows no urls: `to_v1` and `to_v2` shape it for clients and ask a callback for each url.

Source: xet-core xet_client/src/cas_types/mod.rs; chunk ends are exclusive and byte ends inclusive there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.base.errors import RangeNotSatisfiable
from holdfast.hub.xet.formats.hashes import XetHash, hash_to_text
from holdfast.hub.xet.formats.terms import IndexOf, Term, require_index
from holdfast.hub.xet.formats.xorb_index import XorbIndex

MAX_RANGES_PER_URL = 100
"""A signed url carries its ranges; about 500 of them fill the 8 KiB that proxies accept."""


@dataclass(frozen=True, slots=True)
class FetchRange:
    """Adjacent chunks of one xorb and where they are stored; both ends are exclusive."""

    chunk_start: int
    chunk_end: int
    byte_start: int
    byte_end: int


@dataclass(frozen=True, slots=True)
class ReconstructionPlan:
    """How to read some bytes of a file.

    Attributes:
        terms: whole chunks around these bytes, in the file's order.
        offset_into_first_range: bytes of the first term that were not asked for.
        length: bytes that were asked for and exist; what the last term gives beyond is for the reader to drop.
        fetches: per xorb, disjoint ranges in ascending order that cover its terms; each term lies within one.
    """

    terms: tuple[Term, ...]
    offset_into_first_range: int
    length: int
    fetches: Mapping[XetHash, tuple[FetchRange, ...]]


UrlOf = Callable[[XetHash, Sequence[FetchRange]], str]
"""Makes the url under which exactly these ranges of a xorb can be fetched."""


def plan_reconstruction(
    terms: Sequence[Term], index_of: IndexOf, start: int = 0, end: int | None = None
) -> ReconstructionPlan:
    """Plan to read bytes `start` to `end` (exclusive) of the file that `terms` make.

    Args:
        terms: of the whole file.
        index_of: asked only for the xorbs of terms within the range, once for each of these terms.
        start: first byte.
        end: behind the last byte; None or beyond the file means its end.

    Raises:
        RangeNotSatisfiable: the range holds no byte of the file. The whole of an empty file is a valid, empty plan.
        CorruptObject: a term that does not fit its xorb's index.
    """
    size = sum(term.raw_length for term in terms)
    stop = size if end is None else min(end, size)
    if size == 0 and start == 0 and end is None:
        return ReconstructionPlan((), 0, 0, {})
    if not 0 <= start < stop:
        raise RangeNotSatisfiable(size_bytes=size)
    trimmed: list[Term] = []
    spans: dict[XetHash, list[FetchRange]] = {}
    offset = 0
    for number, term, at in _within(terms, start, stop):
        index = require_index(term, index_of, f"terms[{number}]")
        part, skipped = _trim(term, index, max(0, start - at), min(term.raw_length, stop - at))
        if not trimmed:
            offset = start - at - skipped
        trimmed.append(part)
        spans.setdefault(term.xorb, []).append(_locate(part, index))
    fetches = {xorb: merge_ranges(ranges) for xorb, ranges in spans.items()}
    return ReconstructionPlan(tuple(trimmed), offset, stop - start, fetches)


def merge_ranges(ranges: Iterable[FetchRange]) -> tuple[FetchRange, ...]:
    """Join ranges of one xorb that touch or overlap; the result is ascending and disjoint."""
    merged: list[FetchRange] = []
    for span in sorted(ranges, key=lambda span: span.chunk_start):
        if merged and span.chunk_start <= merged[-1].chunk_end:
            last = merged[-1]
            merged[-1] = FetchRange(
                last.chunk_start,
                max(last.chunk_end, span.chunk_end),
                last.byte_start,
                max(last.byte_end, span.byte_end),
            )
        else:
            merged.append(span)
    return tuple(merged)


def to_v1(plan: ReconstructionPlan, url_of: UrlOf) -> dict[str, Any]:
    """Shape a plan as the answer of `GET /v1/reconstructions/{file}`: one url per range."""
    fetch_info = {
        hash_to_text(xorb): [
            {
                "range": {"start": span.chunk_start, "end": span.chunk_end},
                "url": url_of(xorb, (span,)),
                "url_range": {"start": span.byte_start, "end": span.byte_end - 1},
            }
            for span in spans
        ]
        for xorb, spans in plan.fetches.items()
    }
    return {**_shape_terms(plan), "fetch_info": fetch_info}


def to_v2(plan: ReconstructionPlan, url_of: UrlOf, ranges_per_url: int = MAX_RANGES_PER_URL) -> dict[str, Any]:
    """Shape a plan as the answer of `GET /v2/reconstructions/{file}`: one url per `ranges_per_url` ranges."""
    xorbs = {
        hash_to_text(xorb): [
            {"url": url_of(xorb, group), "ranges": [_shape_range(span) for span in group]}
            for group in (spans[at : at + ranges_per_url] for at in range(0, len(spans), ranges_per_url))
        ]
        for xorb, spans in plan.fetches.items()
    }
    return {**_shape_terms(plan), "xorbs": xorbs}


def _within(terms: Sequence[Term], start: int, stop: int) -> Iterator[tuple[int, Term, int]]:
    """Answer (number, term, its offset in the file) of the terms that hold bytes start to stop."""
    at = 0
    for number, term in enumerate(terms):
        if at >= stop:
            return
        if at + term.raw_length > start:
            yield number, term, at
        at += term.raw_length


def _trim(term: Term, index: XorbIndex, start: int, stop: int) -> tuple[Term, int]:
    """Keep the chunks that hold bytes start to stop of a term; also answer the bytes dropped before them."""
    base = int(index.raw_offsets[term.start])
    first = int(np.searchsorted(index.raw_offsets, base + start, side="right")) - 1
    behind = int(np.searchsorted(index.raw_offsets, base + stop, side="left"))
    part = Term(term.xorb, first, behind, index.raw_length(first, behind))
    return part, int(index.raw_offsets[first]) - base


def _locate(term: Term, index: XorbIndex) -> FetchRange:
    return FetchRange(term.start, term.end, *index.stored_range(term.start, term.end))


def _shape_terms(plan: ReconstructionPlan) -> dict[str, Any]:
    terms = [
        {
            "hash": hash_to_text(term.xorb),
            "unpacked_length": term.raw_length,
            "range": {"start": term.start, "end": term.end},
        }
        for term in plan.terms
    ]
    return {"offset_into_first_range": plan.offset_into_first_range, "terms": terms}


def _shape_range(span: FetchRange) -> dict[str, Any]:
    return {
        "chunks": {"start": span.chunk_start, "end": span.chunk_end},
        "bytes": {"start": span.byte_start, "end": span.byte_end - 1},
    }
