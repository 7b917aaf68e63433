"""Xorbs as they lie in the blob store: their bytes, and beside each its index.

The index says nothing that the bytes do not say; one that is lost is made again. Whatever is wrong in here is damage
of the store and never a client's fault. Knows no SQL.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import numpy as np

from holdfast.backends.blobs.protocol import BlobReader, BlobStore
from holdfast.base.errors import CorruptObject, DamagedObject, ObjectNotFound
from holdfast.hub.xet.domain import sidecar_key, xorb_key
from holdfast.hub.xet.formats.hashes import XetHash, hash_to_text
from holdfast.hub.xet.formats.reconstruction import plan_reconstruction
from holdfast.hub.xet.formats.terms import Term
from holdfast.hub.xet.formats.xorb import decode_chunks, read_xorb
from holdfast.hub.xet.formats.xorb_index import XorbIndex
from holdfast.hub.xet.service.index_cache import IndexCache

logger = logging.getLogger("holdfast.xet")

WINDOW_BYTES = 4 << 20
"""How much of a term is read from the disk at once, as raw bytes."""


@dataclass(frozen=True)
class XorbFiles:
    """Reads stored xorbs."""

    blobs: BlobStore
    cache: IndexCache

    def open(self, xorb: XetHash) -> BlobReader:
        """Open the stored bytes.

        Raises:
            DamagedObject: they are gone.
        """
        with damage_of(xorb):
            return self.blobs.open(xorb_key(xorb))

    def index(self, xorb: XetHash) -> XorbIndex:
        """Find the index in memory, in its file, or by reading the xorb again.

        Raises:
            DamagedObject: neither the index nor the xorb can be read.
        """
        index = self.cache.get(xorb)
        if index is None:
            index = self._load(xorb)
            self.cache.put(index)
        return index

    def write_index(self, index: XorbIndex) -> None:
        """Store an index beside its xorb; an existing one is replaced only if it was cut short."""
        writer = self.blobs.create()
        writer.write(index.to_sidecar())
        writer.publish(sidecar_key(index.hash))

    def validate(self, xorb: XetHash) -> XorbIndex:
        """Read every byte of a stored xorb.

        Raises:
            DamagedObject: it is gone or no longer what it was.
        """
        with closing(self.open(xorb)) as reader, damage_of(xorb):
            return read_xorb(reader.pread(reader.size_bytes, 0), xorb)

    def stored_index(self, xorb: XetHash) -> XorbIndex | None:
        """The index as its file says; None where that is missing or damaged."""
        try:
            with closing(self.blobs.open(sidecar_key(xorb))) as reader:
                index = XorbIndex.from_sidecar(reader.pread(reader.size_bytes, 0))
        except (ObjectNotFound, CorruptObject):
            return None
        return index if index.hash == xorb else None

    def rebuild_index(self, xorb: XetHash) -> XorbIndex:
        """Make the index's file again from the xorb.

        Raises:
            DamagedObject: the xorb cannot be read.
        """
        index = self.validate(xorb)
        self.blobs.delete(sidecar_key(xorb))
        self.write_index(index)
        return index

    def read(self, terms: tuple[Term, ...], start: int, end: int) -> Iterator[memoryview]:
        """Decode bytes `start` to `end` (exclusive) of the file that stored terms make, in batches of about 1 MiB.

        Raises:
            DamagedObject: a xorb is gone or damaged, or a term does not fit it.
            RangeNotSatisfiable: the file has no such bytes.
        """
        if start >= end:
            return
        with damage_of(None):
            plan = plan_reconstruction(terms, self.index, start, end)
        skip, left = plan.offset_into_first_range, plan.length
        for term in plan.terms:
            for batch in self._decode(term):
                piece = memoryview(batch)[skip : skip + left]
                skip = 0
                left -= len(piece)
                yield piece

    def _decode(self, term: Term) -> Iterator[bytearray]:
        index = self.index(term.xorb)
        with closing(self.open(term.xorb)) as reader, damage_of(term.xorb):
            first = term.start
            while first < term.end:
                goal = int(index.raw_offsets[first]) + WINDOW_BYTES
                behind = min(term.end, int(np.searchsorted(index.raw_offsets, goal)))
                begin, stop = index.stored_range(first, behind)
                yield from decode_chunks(reader.pread(stop - begin, begin), index, first, behind)
                first = behind

    def _load(self, xorb: XetHash) -> XorbIndex:
        index = self.stored_index(xorb)
        if index is None:
            logger.warning("the index of xorb %s is missing or damaged; making it again", hash_to_text(xorb))
            index = self.rebuild_index(xorb)
        return index


@contextmanager
def damage_of(xorb: XetHash | None) -> Iterator[None]:
    """Turn what is wrong with stored bytes into DamagedObject, and log it; None means a file's terms."""
    try:
        yield
    except (CorruptObject, ObjectNotFound) as error:
        what = "The list of a stored file's terms" if xorb is None else f"The stored xorb {hash_to_text(xorb)}"
        logger.exception("%s is damaged", what)
        raise DamagedObject(what=what) from error
