"""How one chunk is stored: as it is, as an LZ4 frame, or as an LZ4 frame of bytes regrouped by position modulo 4.

Decoding never makes more than the raw length that the caller allows (a xorb's headers are read before), and accepts
at most what clients accept, so that a stored chunk can be read back by all of them. One gap is known: a match
with offset zero, which the C library reads as zeros and the clients' decoder refuses. The bytes still hash right.

Source: xet-core xorb_object/compression_scheme.rs and byte_grouping/bg4.rs; the LZ4 frame format 1.6.
"""

from __future__ import annotations

import struct
from enum import IntEnum

import lz4.block
import lz4.frame
import numpy as np
from numpy.typing import NDArray

from holdfast.hub.xet.formats.hashes import Buffer

MAX_CHUNK_RAW_BYTES = 128 * 1024
MAX_CHUNK_STORED_BYTES = 2 * MAX_CHUNK_RAW_BYTES
MAX_FRAME_BLOCKS = 16
"""Far above what a frame of 128 KiB needs with the smallest block size (2), and a bound on the work per chunk."""

_FRAME_MAGIC = b"\x04\x22\x4d\x18"
_FRAME_HEADER_BYTES = 7
_PLAIN_FRAMES = {
    bytes.fromhex("04224d18604082"): 64 << 10,
    bytes.fromhex("04224d186050fb"): 256 << 10,
    bytes.fromhex("04224d18606051"): 1 << 20,
    bytes.fromhex("04224d18607073"): 4 << 20,
}
"""Whole headers of frames with independent blocks, no sizes and no checksums, to their largest block in bytes."""

_BLOCK_IS_RAW = 1 << 31
_DICTIONARY_FLAG = 1
_GROUPS = 4
_u32 = struct.Struct("<I")


class Scheme(IntEnum):
    """The scheme byte of a chunk header."""

    NONE = 0
    LZ4 = 1
    BG4_LZ4 = 2


class MalformedChunk(ValueError):
    """Stored bytes that do not decode; the message continues a sentence that names the chunk."""


def compress(chunk: Buffer, scheme: Scheme) -> tuple[Scheme, Buffer]:
    """Encode a chunk; answers `Scheme.NONE` and the chunk itself where the scheme would not make it smaller."""
    if scheme is Scheme.NONE:
        return scheme, chunk
    plain = split_groups(chunk) if scheme is Scheme.BG4_LZ4 else chunk
    stored = lz4.frame.compress(plain, store_size=False, block_linked=False)
    return (scheme, stored) if len(stored) < len(chunk) else (Scheme.NONE, chunk)


class ChunkDecoder:
    """Decodes one chunk after the other in the same 256 KiB of memory; for one thread at a time."""

    def __init__(self) -> None:
        self._blocks = memoryview(bytearray(MAX_CHUNK_RAW_BYTES))
        self._chunk = np.empty(MAX_CHUNK_RAW_BYTES, np.uint8)

    def decode(self, stored: memoryview, scheme: int, raw_length: int) -> Buffer:
        """Decode a chunk of exactly `raw_length` bytes (at most 128 KiB).

        Returns:
            Its raw bytes, valid until the next call; `stored` itself if it was not compressed.

        Raises:
            MalformedChunk: unknown scheme, a malformed frame, bytes behind it, or another length.
        """
        if scheme == Scheme.NONE:
            if len(stored) != raw_length:
                raise MalformedChunk("is not compressed, but its two lengths differ")
            return stored
        if scheme == Scheme.LZ4:
            return _decode_frame(stored, raw_length, self._blocks)
        if scheme == Scheme.BG4_LZ4:
            return join_groups(_decode_frame(stored, raw_length, self._blocks), self._chunk[:raw_length])
        raise MalformedChunk(f"has the unknown compression scheme {scheme}")


def split_groups(chunk: Buffer) -> bytes:
    """Regroup bytes by their position modulo 4; what is left over goes to the first groups."""
    source = np.frombuffer(chunk, np.uint8)
    return b"".join(source[group::_GROUPS].tobytes() for group in range(_GROUPS))


def join_groups(grouped: Buffer, chunk: NDArray[np.uint8]) -> memoryview:
    """Undo `split_groups` into `chunk`, which has the same length."""
    source = np.frombuffer(grouped, np.uint8)
    start = 0
    for group in range(_GROUPS):
        end = start + (source.size - group + _GROUPS - 1) // _GROUPS
        chunk[group::_GROUPS] = source[start:end]
        start = end
    return chunk.data


def _decode_frame(frame: memoryview, raw_length: int, scratch: memoryview) -> Buffer:
    block_limit = _PLAIN_FRAMES.get(bytes(frame[:_FRAME_HEADER_BYTES]))
    if block_limit is None:
        return _decode_unusual_frame(frame, raw_length)
    try:
        return _decode_plain_frame(frame, scratch[:raw_length], block_limit)
    except (struct.error, lz4.block.LZ4BlockError) as error:
        raise MalformedChunk("has a truncated or corrupt LZ4 frame") from error


def _decode_plain_frame(frame: memoryview, scratch: memoryview, block_limit: int) -> Buffer:
    """Decode the blocks of a frame up to its end mark, which must be the end of `frame`, to fill `scratch`."""
    plain: Buffer = scratch
    position, done = _FRAME_HEADER_BYTES, 0
    for _ in range(MAX_FRAME_BLOCKS + 1):
        (word,) = _u32.unpack_from(frame, position)
        position += _u32.size
        if word == 0 and done == len(plain) and position == len(frame):
            return plain
        end = position + (word & ~_BLOCK_IS_RAW)
        block = _decode_block(frame[position:end], word, min(len(plain) - done, block_limit))
        if len(block) == len(scratch):
            plain = block  # a chunk's only block needs no copy
        else:
            scratch[done : done + len(block)] = block
        done += len(block)
        position = end
    raise MalformedChunk("has an LZ4 frame of too many blocks")


def _decode_block(block: memoryview, word: int, limit: int) -> Buffer:
    if len(block) != word & ~_BLOCK_IS_RAW or not block or not limit:
        raise MalformedChunk("has an LZ4 frame of another length than its header says")
    plain = block if word & _BLOCK_IS_RAW else lz4.block.decompress(block, uncompressed_size=limit)
    if not 0 < len(plain) <= limit:
        raise MalformedChunk("has an empty or overlong LZ4 block")
    return plain


def _decode_unusual_frame(frame: memoryview, raw_length: int) -> bytes:
    """Decode frames with linked blocks, sizes or checksums, as other writers make them, by the C library."""
    if frame[:4] != _FRAME_MAGIC or len(frame) < _FRAME_HEADER_BYTES or frame[4] & _DICTIONARY_FLAG:
        raise MalformedChunk("does not begin with an LZ4 frame that clients can read")
    decoder = lz4.frame.LZ4FrameDecompressor()
    try:
        plain: bytes = decoder.decompress(frame, max_length=raw_length)
        excess = b"" if decoder.eof else decoder.decompress(b"", max_length=1)
    except RuntimeError as error:
        raise MalformedChunk("has a truncated or corrupt LZ4 frame") from error
    if len(plain) != raw_length or excess or not decoder.eof or decoder.unused_data:
        raise MalformedChunk("has an LZ4 frame of another length than its header says")
    return plain
