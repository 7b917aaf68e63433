"""Recipes: which terms make which file, kept as blobs too, so that the tables can be made anew from the disk alone.

One blob holds the new files of one shard. It is durable before the rows are written, and goes when none of its files
is left: every recorded file has a recipe, not every recipe a recorded file.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from holdfast.backends.blobs.protocol import BlobStat, BlobStore
from holdfast.base.errors import ObjectNotFound
from holdfast.hub.xet.domain import RECIPE_FOLDER, XetFile
from holdfast.hub.xet.formats.hashes import hash_from_text, hash_to_text


@dataclass(frozen=True)
class Recipes:
    """Writes and reads recipes. Knows no SQL."""

    blobs: BlobStore

    def write(self, files: Sequence[XetFile]) -> str | None:
        """Make files durable as a recipe and return its key; None for no files.

        Raises:
            StorageFull: no room; nothing was kept.
        """
        if not files:
            return None
        content = json.dumps([_to_json(file) for file in files]).encode()
        name = hashlib.sha256(content).hexdigest()
        writer = self.blobs.create()
        writer.write(content)
        key = f"{RECIPE_FOLDER}/{name[:2]}/{name}"
        writer.publish(key)
        return key

    def is_stored(self, key: str) -> bool:
        """Whether a recipe is still there."""
        return self.blobs.stat(key) is not None

    def list(self) -> Iterator[BlobStat]:
        """Every recipe's blob."""
        return self.blobs.list(RECIPE_FOLDER)

    def read(self, key: str) -> tuple[XetFile, ...] | None:
        """The files of a recipe; None when it is gone or damaged."""
        try:
            with closing(self.blobs.open(key)) as reader:
                content = reader.pread(reader.size_bytes, 0)
        except ObjectNotFound:
            return None
        if hashlib.sha256(content).hexdigest() != key.rpartition("/")[2]:
            return None
        return tuple(_from_json(values) for values in json.loads(content))


def _to_json(file: XetFile) -> dict[str, str | int]:
    terms = base64.b64encode(file.packed_terms).decode()
    return {**vars(file), "hash": hash_to_text(file.hash), "packed_terms": terms}


def _from_json(values: dict[str, str | int]) -> XetFile:
    return XetFile(
        hash_from_text(str(values["hash"])),
        str(values["sha256"]),
        int(values["size_bytes"]),
        base64.b64decode(str(values["packed_terms"])),
        int(values["created_at"]),
    )
