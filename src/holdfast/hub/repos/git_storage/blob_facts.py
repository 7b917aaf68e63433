"""What a listing says of a blob without sending it: its size, and the large file it points to."""

from __future__ import annotations

from typing import NamedTuple

import pygit2

from holdfast.hub.repos.git_storage.bounded_cache import BoundedCache
from holdfast.hub.repos.git_storage.pointers import MAX_POINTER_BYTES, LfsPointer, parse_lfs_pointer

_MIN_POINTER_BYTES = 120


class BlobFacts(NamedTuple):
    """`size_bytes` is the blob's own; a pointer carries the size of the file behind it."""

    size_bytes: int
    lfs: LfsPointer | None


_remembered: BoundedCache[bytes, BlobFacts] = BoundedCache(100_000)
"""By 20-byte oid, for all repos: an oid names its content, so a fact can never become wrong. About 25 MB when full."""


def blob_facts(repo: pygit2.Repository, oid: bytes) -> BlobFacts:
    """Size and pointer of the blob with this 20-byte oid, reading content only where it may be a pointer.

    Raises:
        KeyError: there is no such blob.
    """
    facts = _remembered.get(oid)
    if facts is None:
        facts = _read_facts(repo, oid.hex())
        _remembered.put(oid, facts)
    return facts


def remember_blob(oid: bytes, content: bytes) -> None:
    """Note the facts of a blob that is being written: the next listing will ask for them."""
    _remembered.put(oid, BlobFacts(len(content), parse_lfs_pointer(content)))


def _read_facts(repo: pygit2.Repository, oid: str) -> BlobFacts:
    _, size_bytes = repo.odb.read_header(oid)
    if not _MIN_POINTER_BYTES <= size_bytes <= MAX_POINTER_BYTES:
        return BlobFacts(size_bytes, None)
    _, content = repo.odb.read(oid)
    return BlobFacts(size_bytes, parse_lfs_pointer(content))
