"""The index of a validated xorb, and the compact sidecar in which it is kept.

With it, files are checked, reads planned and dedup replies built without opening a xorb. It does not know whether the
xorb is still stored.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from holdfast.base.errors import CorruptObject
from holdfast.hub.xet.formats.hashes import GLOBAL_DEDUP_MODULUS, HASH_BYTES, Buffer, XetHash, split_hashes

Offsets = NDArray[np.uint32]

_MAGIC = b"HFXIDX01"
_header = struct.Struct("<8sI4x32s")
_BYTES_PER_CHUNK = HASH_BYTES + 8
_CHECKSUM_BYTES = 32


@dataclass(frozen=True, eq=False)
class XorbIndex:
    """Where the n chunks of a validated xorb stand.

    Attributes:
        hash: the xorb's name.
        hashes: the n raw chunk hashes, concatenated.
        raw_offsets: n + 1 offsets in the raw data; chunk i is raw_offsets[i] to raw_offsets[i + 1].
        stored_offsets: n + 1 offsets in the stored bytes, headers included.
    """

    hash: XetHash
    hashes: bytes
    raw_offsets: Offsets
    stored_offsets: Offsets

    def __len__(self) -> int:
        return len(self.raw_offsets) - 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, XorbIndex) and self.to_sidecar() == other.to_sidecar()

    def __hash__(self) -> int:
        return hash(self.hash)

    @property
    def raw_size(self) -> int:
        """Bytes of all chunks decoded."""
        return int(self.raw_offsets[-1])

    @property
    def stored_size(self) -> int:
        """Bytes of all chunks as stored; what a body holds beyond is an old client's footer and is not kept."""
        return int(self.stored_offsets[-1])

    def chunk_hashes(self, start: int, end: int) -> bytes:
        """Raw hashes of chunks start to end (exclusive), concatenated."""
        return self.hashes[start * HASH_BYTES : end * HASH_BYTES]

    def raw_length(self, start: int, end: int) -> int:
        """Decoded bytes of chunks start to end (exclusive)."""
        return int(self.raw_offsets[end]) - int(self.raw_offsets[start])

    def stored_range(self, start: int, end: int) -> tuple[int, int]:
        """First byte and end (exclusive) of chunks start to end (exclusive) in the stored xorb."""
        return int(self.stored_offsets[start]), int(self.stored_offsets[end])

    def nodes(self, start: int, end: int) -> Iterator[tuple[XetHash, int]]:
        """(hash, raw length) of chunks start to end (exclusive), as `MerkleTree.extend` takes them."""
        lengths: list[int] = np.diff(self.raw_offsets[start : end + 1]).tolist()
        return zip(split_hashes(self.chunk_hashes(start, end)), lengths, strict=True)

    def dedup_eligible(self) -> list[int]:
        """Numbers of the chunks that clients may ask about wherever they stand in a file."""
        last_words = np.frombuffer(self.hashes, "<u8")[3::4]
        eligible: list[int] = np.flatnonzero(last_words % GLOBAL_DEDUP_MODULUS == 0).tolist()
        return eligible

    def to_sidecar(self) -> bytes:
        """Serialize: header, hashes, raw and stored end offsets (u32 each), BLAKE3 of all that."""
        body = b"".join(
            (
                _header.pack(_MAGIC, len(self), self.hash),
                self.hashes,
                self.raw_offsets[1:].astype("<u4").tobytes(),
                self.stored_offsets[1:].astype("<u4").tobytes(),
            )
        )
        return body + blake3(body).digest()

    @classmethod
    def from_sidecar(cls, data: Buffer) -> XorbIndex:
        """Read what `to_sidecar` wrote.

        Raises:
            CorruptObject: damaged or of another version.
        """
        view = memoryview(data)
        body = view[: max(0, len(view) - _CHECKSUM_BYTES)]
        if len(body) < _header.size or blake3(body).digest() != view[len(body) :]:
            raise CorruptObject(field="xorb index", problem="is damaged")
        magic, count, name = _header.unpack_from(body)
        if magic != _MAGIC or len(body) != _header.size + count * _BYTES_PER_CHUNK:
            raise CorruptObject(field="xorb index", problem="has an unknown layout")
        numbers = _header.size + count * HASH_BYTES
        ends = np.frombuffer(body[numbers:], "<u4").reshape(2, count)
        hashes = bytes(body[_header.size : numbers])
        return cls(XetHash(name), hashes, _with_zero(ends[0]), _with_zero(ends[1]))


def _with_zero(ends: NDArray[np.uint32]) -> Offsets:
    return np.concatenate((np.zeros(1, np.uint32), ends.astype(np.uint32)))
