"""The shard that answers a global dedup question: which chunks some xorbs hold, readable only to who has such chunks.

Chunk hashes are keyed with a fresh key that stands in the footer. The client keys its own hashes and compares, so it
learns nothing about chunks that it does not have, and cannot forge the verification proofs of a later upload.

Source: xet-core metadata_shard/shard_format.rs (layout) and shard_file_manager.rs (how clients keep and expire it).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

from holdfast.hub.xet.formats.hashes import HASH_BYTES, keyed_hash
from holdfast.hub.xet.formats.shard import (
    BOOKEND_HASH,
    FOOTER_BYTES,
    FOOTER_VERSION,
    RECORD_BYTES,
    SHARD_TAG,
    SHARD_VERSION,
)
from holdfast.hub.xet.formats.xorb_index import XorbIndex

_shard_header = struct.Struct("<32sQQ")
_xorb_header = struct.Struct("<32sIIII")
_chunk_record = struct.Struct("<32sIIII")
_footer = struct.Struct("<9Q32sQQ48xQQQQ")
_BOOKEND = BOOKEND_HASH + bytes(RECORD_BYTES - HASH_BYTES)


def build_dedup_reply(
    indexes: Iterable[XorbIndex], key: bytes, created_at_seconds: int, expires_at_seconds: int
) -> bytes:
    """Serialize a shard without files that lists the chunks of some xorbs.

    Args:
        indexes: the xorb that was found and its neighbours, each once.
        key: 32 random bytes, never used before and not zero.
        created_at_seconds: Unix time.
        expires_at_seconds: Unix time after which clients forget the answer; the xorbs must live longer.
    """
    header = _shard_header.pack(SHARD_TAG, SHARD_VERSION, FOOTER_BYTES)
    listed = list(indexes)
    xorbs = b"".join(_xorb_section(listed, key))
    xorbs_at = len(header) + len(_BOOKEND)
    end = xorbs_at + len(xorbs)
    # Clients that find empty lookup tables scan the section itself.
    edges = (FOOTER_VERSION, len(header), xorbs_at, end, 0, end, 0, end, 0)
    stored, raw = sum(index.stored_size for index in listed), sum(index.raw_size for index in listed)
    footer = _footer.pack(*edges, key, created_at_seconds, expires_at_seconds, stored, 0, raw, end)
    return b"".join((header, _BOOKEND, xorbs, footer))


def _xorb_section(indexes: list[XorbIndex], key: bytes) -> Iterator[bytes]:
    for index in indexes:
        yield _xorb_header.pack(index.hash, 0, len(index), index.raw_size, index.stored_size)
        offset = 0
        for chunk, length in index.nodes(0, len(index)):
            yield _chunk_record.pack(keyed_hash(chunk, key), offset, length, 0, 0)
            offset += length
    yield _BOOKEND
