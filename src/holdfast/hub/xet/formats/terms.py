"""A file as a list of terms, the check that they make the file a shard says they make, and their packed form."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from holdfast.base.errors import CorruptObject
from holdfast.hub.xet.formats.hashes import Buffer, MerkleTree, XetHash, hash_to_text
from holdfast.hub.xet.formats.xorb_index import XorbIndex

_packed = struct.Struct("<32sIII")


@dataclass(frozen=True, slots=True)
class Term:
    """Chunks `start` to `end` (exclusive) of a xorb, `raw_length` bytes when decoded."""

    xorb: XetHash
    start: int
    end: int
    raw_length: int


IndexOf = Callable[[XetHash], XorbIndex | None]
"""Finds the index of a stored xorb; None where the store has no such xorb."""


def pack_terms(terms: Iterable[Term]) -> bytes:
    """Serialize terms at 44 bytes each, for a store."""
    return b"".join(_packed.pack(term.xorb, term.start, term.end, term.raw_length) for term in terms)


def unpack_terms(data: Buffer) -> tuple[Term, ...]:
    """Read what `pack_terms` wrote.

    Raises:
        CorruptObject: not a whole number of terms.
    """
    if len(data) % _packed.size:
        raise CorruptObject(field="terms", problem="are damaged")
    return tuple(Term(XetHash(xorb), *numbers) for xorb, *numbers in _packed.iter_unpack(data))


def require_index(term: Term, index_of: IndexOf, field: str) -> XorbIndex:
    """Find the index of the term's xorb and check that the term lies in it and has its length.

    Raises:
        CorruptObject: naming `field`.
    """
    index = index_of(term.xorb)
    if index is None:
        raise CorruptObject(field=f"{field}.xorb", problem=f"{hash_to_text(term.xorb)} is not stored here")
    if not 0 <= term.start < term.end <= len(index):
        raise CorruptObject(field=f"{field}.range", problem=f"is not within the {len(index)} chunks of its xorb")
    if index.raw_length(term.start, term.end) != term.raw_length:
        raise CorruptObject(field=f"{field}.raw_length", problem="is not the length of these chunks")
    return index


def hash_of_terms(terms: Iterable[Term], index_of: IndexOf) -> XetHash:
    """Recompute the hash of the file that these terms make.

    Raises:
        CorruptObject: a term that fits no stored xorb.
    """
    tree = MerkleTree()
    for number, term in enumerate(terms):
        index = require_index(term, index_of, f"terms[{number}]")
        tree.extend(index.nodes(term.start, term.end))
    return tree.file_hash()
