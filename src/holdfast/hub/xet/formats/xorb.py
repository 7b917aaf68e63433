"""Xorbs: up to 64 MiB of chunks back to back, each behind an 8-byte header.

`read_xorb` proves that uploaded bytes are the xorb they claim to be and answers the `XorbIndex`, which says where each
chunk stands and what it hashes to; the index is kept beside the bytes (40 bytes per chunk), and everything later
(file checks, plans, dedup replies, decoding) works from it. This module does not know how either is stored.

Source: xet-core xorb_object/xorb_chunk_format.rs (headers, limits), xorb_object_format.rs (footer of old clients).
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterable, Iterator

import numpy as np
from blake3 import blake3

from holdfast.base.errors import CorruptObject, TooLarge
from holdfast.hub.xet.formats.compression import (
    MAX_CHUNK_RAW_BYTES,
    MAX_CHUNK_STORED_BYTES,
    ChunkDecoder,
    MalformedChunk,
    Scheme,
    compress,
)
from holdfast.hub.xet.formats.hashes import DATA_KEY, Buffer, XetHash, hash_to_text, xorb_hash
from holdfast.hub.xet.formats.xorb_index import Offsets, XorbIndex

CHUNK_HEADER_BYTES = 8
MAX_XORB_CHUNKS = 8192
MAX_XORB_RAW_BYTES = 64 << 20
MAX_FOOTER_BYTES = 160 + 40 * MAX_XORB_CHUNKS
MAX_XORB_BYTES = MAX_XORB_RAW_BYTES + CHUNK_HEADER_BYTES * MAX_XORB_CHUNKS + MAX_FOOTER_BYTES
"""The largest body worth receiving."""

DECODE_BATCH_BYTES = 1 << 20

_FOOTER_MAGIC = b"XETBLOB"
_header = struct.Struct("<II")
_footer_length = struct.Struct("<I")


def build_xorb(chunks: Iterable[Buffer], scheme: Scheme = Scheme.LZ4) -> bytes:
    """Serialize chunks (1 byte to 128 KiB each); those that `scheme` does not shrink are stored as they are."""
    parts: list[Buffer] = []
    for chunk in chunks:
        used, stored = compress(chunk, scheme)
        parts += (_header.pack(len(stored) << 8, used | len(chunk) << 8), stored)
    return b"".join(parts)


def read_xorb(data: Buffer, claimed: XetHash) -> XorbIndex:
    """Check uploaded bytes completely: limits before anything is decoded, every chunk, and the root.

    Args:
        data: the body, e.g. a memoryview of an mmap; nothing of it is copied but one chunk at a time.
        claimed: the hash under which it was sent.

    Raises:
        TooLarge: more bytes than any xorb has.
        CorruptObject: anything else that is wrong, with the chunk.
    """
    view = memoryview(data)
    if len(view) > MAX_XORB_BYTES:
        raise TooLarge(what="The xorb", limit=f"{MAX_XORB_BYTES} bytes")
    raw_offsets, stored_offsets = _scan(view)
    digests = [blake3(chunk, key=DATA_KEY).digest() for chunk in _decode_all(view, raw_offsets, stored_offsets)]
    root = xorb_hash(zip(digests, np.diff(raw_offsets).tolist(), strict=True))
    if root != claimed:
        raise CorruptObject(field="body", problem=f"is the xorb {hash_to_text(root)}, not {hash_to_text(claimed)}")
    return XorbIndex(root, b"".join(digests), raw_offsets, stored_offsets)


def decode_chunks(
    run: Buffer, index: XorbIndex, start: int, end: int, batch_bytes: int = DECODE_BATCH_BYTES
) -> Iterator[bytearray]:
    """Decode stored chunks start to end (exclusive) in batches of whole chunks, each of at least `batch_bytes`.

    Args:
        run: the bytes of `index.stored_range(start, end)`, and no others.
        index: of the xorb that they are from.
        start: first chunk.
        end: behind the last chunk.
        batch_bytes: raw bytes to gather before yielding; only the last batch may be smaller.

    Raises:
        CorruptObject: the stored bytes were damaged since they were validated.
    """
    base, stop = index.stored_range(start, end)
    if len(run) != stop - base:
        raise CorruptObject(field="stored xorb", problem=f"gave {len(run)} bytes in place of {stop - base}")
    chunks = _decode_all(memoryview(run), index.raw_offsets[start : end + 1], index.stored_offsets[start : end + 1])
    while start < end:
        goal = int(index.raw_offsets[start]) + batch_bytes
        behind = min(end, int(np.searchsorted(index.raw_offsets, goal)))
        batch = bytearray(index.raw_length(start, behind))
        position = 0
        for chunk in itertools.islice(chunks, behind - start):
            batch[position : position + len(chunk)] = chunk
            position += len(chunk)
        yield batch
        start = behind


def _decode_all(view: memoryview, raw_offsets: Offsets, stored_offsets: Offsets) -> Iterator[Buffer]:
    """Decode adjacent chunks, of which `view` holds all stored bytes; each is valid until the next is asked for."""
    decoder = ChunkDecoder()
    base = int(stored_offsets[0])
    spans = itertools.pairwise((stored_offsets - base).tolist())
    raw_lengths = np.diff(raw_offsets).tolist()
    for number, ((start, end), raw_length) in enumerate(zip(spans, raw_lengths, strict=True)):
        _, second = _header.unpack_from(view, start)
        if second >> 8 != raw_length:
            raise CorruptObject(field=f"chunks[{number}]", problem="is not the chunk of the index")
        try:
            yield decoder.decode(view[start + CHUNK_HEADER_BYTES : end], second & 0xFF, raw_length)
        except MalformedChunk as error:
            raise CorruptObject(field=f"chunks[{number}]", problem=str(error)) from error


def _scan(view: memoryview) -> tuple[Offsets, Offsets]:
    """Walk the chunk headers, holding every limit, and answer raw and stored offsets."""
    raw_ends: list[int] = [0]
    stored_ends: list[int] = [0]
    position = raw = 0
    while position < len(view) and not _at_footer(view, position):
        stored_length, raw_length = _read_header(view, position, len(raw_ends) - 1)
        position += stored_length
        raw += raw_length
        raw_ends.append(raw)
        stored_ends.append(position)
        if raw > MAX_XORB_RAW_BYTES or len(raw_ends) - 1 > MAX_XORB_CHUNKS:
            raise CorruptObject(field="body", problem="holds more chunks or bytes than a xorb may")
    if raw == 0:
        raise CorruptObject(field="body", problem="holds no chunk")
    return np.array(raw_ends, np.uint32), np.array(stored_ends, np.uint32)


def _read_header(view: memoryview, position: int, number: int) -> tuple[int, int]:
    """Answer the stored length with header and the raw length of the chunk at `position`."""
    if position + CHUNK_HEADER_BYTES > len(view):
        raise CorruptObject(field=f"chunks[{number}]", problem="has a truncated header")
    first, second = _header.unpack_from(view, position)
    stored_length, raw_length = first >> 8, second >> 8
    if first & 0xFF:
        raise CorruptObject(field=f"chunks[{number}]", problem=f"has the unknown header version {first & 0xFF}")
    if not 0 < raw_length <= MAX_CHUNK_RAW_BYTES or not 0 < stored_length <= MAX_CHUNK_STORED_BYTES:
        raise CorruptObject(field=f"chunks[{number}]", problem="has a length that no chunk may have")
    stored_length += CHUNK_HEADER_BYTES
    if position + stored_length > len(view):
        raise CorruptObject(field=f"chunks[{number}]", problem="is truncated")
    return stored_length, raw_length


def _at_footer(view: memoryview, position: int) -> bool:
    """Whether an old client's footer begins here; it must say its own length and is otherwise ignored."""
    if view[position : position + len(_FOOTER_MAGIC)] != _FOOTER_MAGIC:
        return False
    length = len(view) - position - _footer_length.size
    if not 0 < length <= MAX_FOOTER_BYTES or _footer_length.unpack_from(view, position + length) != (length,):
        raise CorruptObject(field="footer", problem="does not end with its own length")
    return True
