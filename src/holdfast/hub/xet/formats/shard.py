"""Shards that clients upload: which terms make which file, with proofs that the sender had the chunks.

`read_shard` judges structure and counts, before anything is allocated by them; `check_file` judges truth against the
indexes of stored xorbs. The xorb section repeats what the xorbs themselves say, so it is walked but never believed;
so are an old client's lookup tables and footer. The SHA-256 stays a claim: only reading the file can prove it.

Source: xet-core metadata_shard/{shard_format,file_structs,xorb_structs}.rs.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.base.errors import CorruptObject, TooLarge
from holdfast.hub.xet.formats.hashes import (
    HASH_BYTES,
    ZERO_HASH,
    Buffer,
    MerkleTree,
    XetHash,
    hash_to_text,
    sha256_from_field,
    verification_hash,
)
from holdfast.hub.xet.formats.terms import IndexOf, Term, require_index
from holdfast.hub.xet.formats.xorb import MAX_XORB_CHUNKS, MAX_XORB_RAW_BYTES

MAX_SHARD_BYTES = 64 << 20
RECORD_BYTES = 48
SHARD_TAG = b"HFRepoMetaData" + bytes.fromhex("00556967456a7b815783a5bdd95ccdd14aa9")
SHARD_VERSION = 2
FOOTER_BYTES = 200
FOOTER_VERSION = 1
BOOKEND_HASH = b"\xff" * HASH_BYTES
FLAG_VERIFICATION = 1 << 31
FLAG_METADATA = 1 << 30

_shard_header = struct.Struct("<32sQQ")
_file_header = struct.Struct("<32sII8x")
_term_record = struct.Struct("<32s4xIII")
_hash_record = struct.Struct("<32s16x")
_xorb_header = struct.Struct("<32s4xI8x")
_footer_edges = struct.Struct("<Q184xQ")


@dataclass(frozen=True, slots=True)
class ShardFile:
    """One file of a shard, as claimed.

    Attributes:
        hash: the file's Xet hash.
        terms: what it is made of; empty only for the empty file.
        proofs: one verification hash per term, concatenated.
        sha256: 64 hex digits, or None where the client sent none.
    """

    hash: XetHash
    terms: tuple[Term, ...]
    proofs: bytes
    sha256: str | None

    @property
    def size(self) -> int:
        """Bytes of the file, as its terms say."""
        return sum(term.raw_length for term in self.terms)


def read_shard(data: Buffer) -> tuple[ShardFile, ...]:
    """Parse an uploaded shard completely and answer its files, in order.

    Raises:
        TooLarge: more than 64 MiB.
        CorruptObject: any other violation of the format, naming the field.
    """
    if len(data) > MAX_SHARD_BYTES:
        raise TooLarge(what="The shard", limit=f"{MAX_SHARD_BYTES} bytes")
    records = _Records(memoryview(data))
    footer_size = _read_header(records)
    files = tuple(_read_files(records))
    _skip_xorbs(records)
    _check_tail(records, footer_size)
    return files


def check_file(file: ShardFile, index_of: IndexOf, field: str = "file") -> None:
    """Prove that stored xorbs make the file that is claimed, and that the sender knew their chunks.

    Args:
        file: as `read_shard` gave it.
        index_of: asked once per term.
        field: what errors call the file.

    Raises:
        CorruptObject: a term of no stored xorb, out of its range or of another length; a wrong proof or file hash.
    """
    tree = MerkleTree()
    for number, term in enumerate(file.terms):
        name = f"{field}.terms[{number}]"
        index = require_index(term, index_of, name)
        proof = file.proofs[number * HASH_BYTES : (number + 1) * HASH_BYTES]
        if verification_hash(index.chunk_hashes(term.start, term.end)) != proof:
            raise CorruptObject(field=f"{name}.verification", problem="is not the hash of these chunks")
        tree.extend(index.nodes(term.start, term.end))
    actual = tree.file_hash()
    if actual != file.hash:
        problem = f"is {hash_to_text(file.hash)}, but its terms make {hash_to_text(actual)}"
        raise CorruptObject(field=f"{field}.hash", problem=problem)


class _Records:
    """A cursor over 48-byte records that never reads past the end."""

    def __init__(self, view: memoryview) -> None:
        self.view = view
        self.position = 0
        self._known: dict[bytes, XetHash] = {}

    @property
    def bytes_left(self) -> int:
        return len(self.view) - self.position

    def take(self, count: int, field: str) -> memoryview:
        """Answer the next `count` records; the count is compared with what is there before anything else."""
        end = self.position + count * RECORD_BYTES
        if end > len(self.view):
            raise CorruptObject(field=field, problem=f"needs {count} records, but the shard ends before")
        taken = self.view[self.position : end]
        self.position = end
        return taken

    def shared(self, raw: bytes) -> XetHash:
        """Answer one object for all equal hashes, so that big shards stay small in memory."""
        return self._known.setdefault(raw, XetHash(raw))


def _read_header(records: _Records) -> int:
    tag, version, footer_size = _shard_header.unpack(records.take(1, "header"))
    if tag != SHARD_TAG:
        raise CorruptObject(field="header.tag", problem="is not that of a shard")
    if version != SHARD_VERSION:
        raise CorruptObject(field="header.version", problem=f"is {version}; known is {SHARD_VERSION}")
    if footer_size not in (0, FOOTER_BYTES):
        raise CorruptObject(field="header.footer_size", problem=f"is {footer_size}, not 0 or {FOOTER_BYTES}")
    return int(footer_size)


def _read_files(records: _Records) -> Iterator[ShardFile]:
    number = 0
    while True:
        field = f"files[{number}]"
        raw, flags, count = _file_header.unpack(records.take(1, field))
        if raw == BOOKEND_HASH:
            return
        yield _read_file(records, XetHash(raw), flags, count, field)
        number += 1


def _read_file(records: _Records, file_hash: XetHash, flags: int, count: int, field: str) -> ShardFile:
    if flags & ~(FLAG_VERIFICATION | FLAG_METADATA):
        raise CorruptObject(field=f"{field}.flags", problem=f"has unknown bits: {flags:#x}")
    if count and not flags & FLAG_VERIFICATION:
        raise CorruptObject(field=f"{field}.verification", problem="is missing")
    if (count == 0) != (file_hash == ZERO_HASH):
        raise CorruptObject(field=f"{field}.terms", problem="may be none for the empty file only")
    terms = _read_terms(records, count, field)
    proofs = b""
    if flags & FLAG_VERIFICATION:
        proofs = _hashes(records.take(count, f"{field}.verification"))
    sha256 = None
    if flags & FLAG_METADATA:
        sha256 = sha256_from_field(_hashes(records.take(1, f"{field}.metadata")))
    return ShardFile(file_hash, terms, proofs, sha256)


def _read_terms(records: _Records, count: int, field: str) -> tuple[Term, ...]:
    taken = records.take(count, f"{field}.terms")
    terms: list[Term] = []
    for xorb, raw_length, start, end in _term_record.iter_unpack(taken):
        if not 0 <= start < end <= MAX_XORB_CHUNKS:
            raise CorruptObject(field=f"{field}.terms[{len(terms)}].range", problem=f"is {start} to {end}")
        if not 0 < raw_length <= MAX_XORB_RAW_BYTES:
            raise CorruptObject(field=f"{field}.terms[{len(terms)}].raw_length", problem=f"is {raw_length}")
        terms.append(Term(records.shared(xorb), start, end, raw_length))
    return tuple(terms)


def _hashes(taken: memoryview) -> bytes:
    return b"".join(raw for (raw,) in _hash_record.iter_unpack(taken))


def _skip_xorbs(records: _Records) -> None:
    number = 0
    while True:
        field = f"xorbs[{number}]"
        raw, count = _xorb_header.unpack(records.take(1, field))
        if raw == BOOKEND_HASH:
            return
        if not 0 < count <= MAX_XORB_CHUNKS:
            raise CorruptObject(field=f"{field}.chunks", problem=f"are {count} in number")
        records.take(count, f"{field}.chunks")
        number += 1


def _check_tail(records: _Records, footer_size: int) -> None:
    """Nothing may follow the sections but the tables and the footer that the header announced.

    Source: hf-xet 1.2 announces a footer and sends none; 1.1 sends one.
    """
    if records.bytes_left == 0:
        return
    if footer_size == 0:
        raise CorruptObject(field="body", problem=f"has {records.bytes_left} bytes behind its end")
    start = len(records.view) - FOOTER_BYTES
    if start < records.position:
        raise CorruptObject(field="footer", problem="is truncated")
    version, offset = _footer_edges.unpack(records.view[start:])
    if version != FOOTER_VERSION or offset != start:
        raise CorruptObject(field="footer", problem="has another version or place than it should")
