"""Buckets and their files, as the Hub writes them. Source: huggingface_hub 2.4.0, `_buckets.py`."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict


class BucketItem(TypedDict):
    """A bucket; `size` in bytes. Ours: `author`, `visibility`, `updatedAt`."""

    id: str
    author: str
    private: bool
    visibility: Literal["public", "private"]
    createdAt: str
    updatedAt: str
    size: int
    totalFiles: int


class BucketFileItem(TypedDict):
    """A file of a bucket; `mtime` is what the uploader said, where anything was said."""

    type: Literal["file"]
    path: str
    size: int
    xetHash: str
    mtime: NotRequired[str]
    uploadedAt: str
    contentType: NotRequired[str]


class BucketFolderItem(TypedDict):
    """A folder of a bucket; `uploadedAt` is of the newest file below."""

    type: Literal["directory"]
    path: str
    uploadedAt: str


class BatchFailure(TypedDict):
    """An operation of a batch that was not carried out."""

    path: str
    error: str


class BatchItem(TypedDict):
    """What became of a batch."""

    success: bool
    processed: int
    succeeded: int
    failed: list[BatchFailure]
