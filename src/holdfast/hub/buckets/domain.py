"""What buckets and their files are, and what a batch may ask. Pure words: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.base.ids import RepoId

TYPE = "bucket"
"""The word of the API for what a bucket is, beside model, dataset and space."""
EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""Of no bytes: such a file has no object."""
EMPTY_HASH = "0" * 64
"""Xet's name of a file without bytes; no shard ever holds one."""


@dataclass(frozen=True)
class Bucket:
    """One bucket.

    Args:
        key: a number that is never used again.
        creator_id: the user who made it; None when unknown.
    """

    key: int
    uid: str
    id: RepoId
    namespace_id: int
    creator_id: int | None
    private: bool
    created_at: int
    updated_at: int

    @property
    def holder(self) -> int:
        """Under which number the bucket has objects: repos have positive ones, buckets negative ones."""
        return -self.key

    @property
    def text_key(self) -> str:
        """The unique lower-case name, also in grants of tokens and in the audit log."""
        return bucket_text_key(self.id)


@dataclass(frozen=True)
class BucketUsage:
    """What a bucket holds: files, and their bytes."""

    files: int = 0
    size_bytes: int = 0


@dataclass(frozen=True)
class BucketFile:
    """One file.

    Args:
        xet_hash: 64 hex digits, as clients write them.
        modified_at: what the client said of its own file; None when it said nothing.
        uploaded_at: when this server took it in.
        content_type: as the client said; None when it said nothing.
    """

    path: str
    xet_hash: str
    sha256: str
    size_bytes: int
    modified_at: int | None
    uploaded_at: int
    content_type: str | None = None


@dataclass(frozen=True)
class BucketFolder:
    """What a listing that is not recursive shows in place of the files below. `uploaded_at` is of the newest."""

    path: str
    uploaded_at: int


@dataclass(frozen=True)
class TreePage:
    """Some entries in the order of their paths' bytes; `next_cursor` None on the last page."""

    entries: Sequence[BucketFile | BucketFolder]
    next_cursor: str | None


@dataclass(frozen=True)
class BucketPage:
    """Some buckets with what they hold, the newest first; `next_cursor` None on the last page."""

    buckets: Sequence[tuple[Bucket, BucketUsage]]
    next_cursor: str | None


@dataclass(frozen=True)
class Put:
    """Let a path have a Xet file that was uploaded for this bucket."""

    path: str
    xet_hash: str
    modified_at: int | None = None
    content_type: str | None = None


@dataclass(frozen=True)
class Copy:
    """Let a path have a Xet file of another bucket or repo. `source_type`: bucket, model, dataset or space."""

    path: str
    xet_hash: str
    source_type: str
    source_id: RepoId
    modified_at: int | None = None


@dataclass(frozen=True)
class Remove:
    """Take a path away."""

    path: str


Operation = Put | Copy | Remove


@dataclass(frozen=True)
class Refused:
    """An operation of a batch that was not carried out, and why."""

    path: str
    problem: str


@dataclass(frozen=True)
class BatchOutcome:
    """What became of a batch: the others were carried out, all at once."""

    succeeded: int
    refused: Sequence[Refused]


def bucket_text_key(bucket_id: RepoId) -> str:
    """See `Bucket.text_key`."""
    return f"{TYPE}:{bucket_id.key}"
