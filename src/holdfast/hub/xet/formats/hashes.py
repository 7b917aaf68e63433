"""The hashes of Xet: all BLAKE3 in keyed mode, 32 bytes, written as text with each 8-byte group reversed.

A chunk is hashed with the data key; chunks aggregate into a tree of small groups whose root names a xorb; the root
of a file's chunks, hashed once more, names the file. This module does not know where chunks are stored.

Source: xet-core xet_core_structures/src/merklehash and metadata_shard/chunk_verification.rs.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable
from typing import NewType

from blake3 import blake3

from holdfast.base.errors import InvalidInput

XetHash = NewType("XetHash", bytes)
"""A Xet hash as its 32 raw bytes."""

HASH_BYTES = 32
ZERO_HASH = XetHash(bytes(HASH_BYTES))
"""The hash of an empty file."""

DATA_KEY = bytes.fromhex("6697f5775b9550de3135cbaca597181c9de421109beb2b58b4d0b04b93adf229")
NODE_KEY = bytes.fromhex("017ec5c7a5472996fd946666b48a02e65ddd536f37c76dd2f86352e64a53713f")
VERIFICATION_KEY = bytes.fromhex("7f1857d6ce56ed66127ff913e7a5c3f3a4cd26d5b5db49e64124987f28fb94c3")
FILE_KEY = bytes(32)

GLOBAL_DEDUP_MODULUS = 1024
MIN_GROUP_BEFORE_CUT = 3
MAX_GROUP = 9

Buffer = bytes | bytearray | memoryview

_TEXT = re.compile(r"[0-9a-fA-F]{64}")


def hash_to_text(raw: bytes) -> str:
    """Write 32 raw bytes as the 64 hex digits that urls, JSON and the merkle text use."""
    return _reverse_groups(raw).hex()


def hash_from_text(text: str, field: str = "hash") -> XetHash:
    """Read the text form, in either case.

    Raises:
        InvalidInput: not 64 hexadecimal digits.
    """
    if not _TEXT.fullmatch(text):
        raise InvalidInput(field=field, problem="must be a Xet hash of 64 hexadecimal digits")
    return XetHash(_reverse_groups(bytes.fromhex(text)))


def sha256_from_field(raw: bytes) -> str:
    """Read the SHA-256 of a shard's metadata record as ordinary lower-case hex.

    Source: clients store it so that the *text form* of the field is the hex of the SHA-256.
    """
    return hash_to_text(raw)


def sha256_to_field(sha256: str) -> bytes:
    """Write a SHA-256 (64 lower-case hex digits) as the 32 bytes of a shard's metadata record."""
    return _reverse_groups(bytes.fromhex(sha256))


def chunk_hash(chunk: Buffer) -> XetHash:
    """Hash the raw bytes of one chunk."""
    return XetHash(blake3(chunk, key=DATA_KEY).digest())


def verification_hash(chunk_hashes: Buffer) -> XetHash:
    """Hash the concatenated raw chunk hashes of one term: only who had the chunks can know it."""
    return XetHash(blake3(chunk_hashes, key=VERIFICATION_KEY).digest())


def keyed_hash(raw: bytes, key: bytes) -> XetHash:
    """Hide a chunk hash under a 32-byte `key`, as dedup replies do."""
    return XetHash(blake3(raw, key=key).digest())


def is_global_dedup_eligible(raw: bytes) -> bool:
    """Whether clients ask about this chunk wherever it stands (they also ask about each file's first chunk)."""
    return int.from_bytes(raw[24:32], "little") % GLOBAL_DEDUP_MODULUS == 0


def split_hashes(blob: bytes) -> list[XetHash]:
    """Cut concatenated raw hashes into single ones."""
    return [XetHash(blob[at : at + HASH_BYTES]) for at in range(0, len(blob), HASH_BYTES)]


def xorb_hash(chunks: Iterable[tuple[bytes, int]]) -> XetHash:
    """Root of the tree over a xorb's (chunk hash, raw length) pairs."""
    tree = MerkleTree()
    tree.extend(chunks)
    return tree.root()


def file_hash(chunks: Iterable[tuple[bytes, int]]) -> XetHash:
    """Hash of a file made of these (chunk hash, raw length) pairs; zeros for an empty file."""
    tree = MerkleTree()
    tree.extend(chunks)
    return tree.file_hash()


class MerkleTree:
    """Aggregates (hash, length) pairs from left to right in memory that grows with the logarithm of their number.

    A group of children closes after its ninth, or from the third on after a child whose last 64-bit word is
    divisible by four; what is left at the end of a level closes too.
    """

    def __init__(self) -> None:
        self._levels: list[_Level] = []

    def extend(self, nodes: Iterable[tuple[bytes, int]]) -> None:
        """Append leaves: raw 32-byte hashes with their raw lengths in bytes."""
        for raw, length in nodes:
            self._add(0, raw, length)

    def _add(self, depth: int, raw: bytes, length: int) -> None:
        if depth == len(self._levels):
            self._levels.append(_Level())
        level = self._levels[depth]
        level.append(raw, length)
        count = len(level.lines)
        if count == MAX_GROUP or (count >= MIN_GROUP_BEFORE_CUT and raw[24] & 3 == 0):
            self._add(depth + 1, *level.close())

    def root(self) -> XetHash:
        """Finish and return the root: zeros without leaves, the leaf itself if there is one. Call once."""
        depth = 0
        while depth < len(self._levels):
            level = self._levels[depth]
            if level.closed == 0 and len(level.lines) == 1:
                return XetHash(level.last)
            if level.lines:
                self._add(depth + 1, *level.close())
            depth += 1
        return ZERO_HASH

    def file_hash(self) -> XetHash:
        """Finish and return the file hash over all leaves. Call once, instead of `root`."""
        return XetHash(blake3(self.root(), key=FILE_KEY).digest()) if self._levels else ZERO_HASH


class _Level:
    """The open group of one level of the tree."""

    __slots__ = ("closed", "last", "length", "lines")

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.length = 0
        self.last = b""
        self.closed = 0

    def append(self, raw: bytes, length: int) -> None:
        self.lines.append(f"{hash_to_text(raw)} : {length}\n")
        self.length += length
        self.last = raw

    def close(self) -> tuple[bytes, int]:
        parent = blake3("".join(self.lines).encode(), key=NODE_KEY).digest()
        length, self.length = self.length, 0
        self.lines.clear()
        self.closed += 1
        return parent, length


def _reverse_groups(raw: bytes) -> bytes:
    return struct.pack("<4Q", *struct.unpack(">4Q", raw))
