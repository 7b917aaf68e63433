"""Reading what a blob holds."""

from __future__ import annotations

import pygit2


def read_blob(repo: pygit2.Repository, oid: str) -> bytes:
    """The whole content of the blob, 40 hex digits.

    Raises:
        KeyError: there is no such blob.
    """
    blob = repo[oid]
    assert isinstance(blob, pygit2.Blob)
    return blob.data
