"""Chooses the blob driver."""

from __future__ import annotations

from pathlib import Path

from holdfast.backends.blobs.protocol import BlobStore


def open_blob_store(root: Path) -> BlobStore:
    """Open the blob store on local disk under `root`."""
    from holdfast.backends.blobs.local import LocalBlobStore  # noqa: PLC0415 - drivers are imported lazily

    return LocalBlobStore(root)
