"""Global dedup: tells a client that has a chunk where this chunk and those around it are stored already.

Works across repos, as on the public Hub: whoever has a chunk can find out that some repo of this server has it too, and
roughly how large the files around it are. It does not tell which repo, nor anything about chunks the client lacks.
Their hashes, which prove possession in a later upload, are hidden under a key made for each answer.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import ObjectNotFound
from holdfast.hub.xet import store
from holdfast.hub.xet.domain import DEDUP_REPLY_DAYS, XetFile
from holdfast.hub.xet.formats.dedup_reply import build_dedup_reply
from holdfast.hub.xet.formats.hashes import HASH_BYTES, XetHash, hash_to_text
from holdfast.hub.xet.formats.terms import unpack_terms
from holdfast.hub.xet.formats.xorb_index import XorbIndex
from holdfast.hub.xet.service.xorb_files import XorbFiles, damage_of

MAX_FILES = 8
MAX_REPLY_CHUNKS = 64 * 1024
"""About 4 GiB of data and 3 MiB of answer. Clients ask again further on in a larger file."""


@dataclass(frozen=True)
class DedupService:
    """Answers dedup questions."""

    database: Database
    files: XorbFiles
    clock: Clock

    def find(self, chunk: XetHash) -> bytes:
        """Answer with a shard that lists the chunk's xorb and its neighbours.

        Raises:
            ObjectNotFound: the chunk is not stored, or not one of those that may be asked for.
            DamagedObject: the index of its xorb cannot be read.
        """
        with self.database.read() as connection:
            found = store.find_chunk(connection, chunk)
            users = [] if found is None else store.files_using(connection, found, MAX_FILES)
        if found is None or not users:
            raise ObjectNotFound(oid=hash_to_text(chunk))
        now = self.clock() // 1000
        listed = self._neighbours(found, users)
        return build_dedup_reply(listed, secrets.token_bytes(HASH_BYTES), now, now + DEDUP_REPLY_DAYS * 24 * 3600)

    def _neighbours(self, found: XetHash, users: Sequence[XetFile]) -> Iterator[XorbIndex]:
        """The xorb itself, then what follows and precedes it in its files, as far as there is room."""
        room = MAX_REPLY_CHUNKS
        for xorb in _in_order(found, users):
            index = self.files.index(xorb)
            # The name of a xorb of one chunk is that chunk's hash, which only its owners may know.
            if xorb != found and len(index) == 1:
                continue
            room -= len(index)
            if room < 0 and xorb != found:
                return
            yield index


def _in_order(found: XetHash, users: Sequence[XetFile]) -> Iterator[XetHash]:
    seen = {found}
    yield found
    for file in users:
        with damage_of(None):
            xorbs = list(dict.fromkeys(term.xorb for term in unpack_terms(file.packed_terms)))
        at = xorbs.index(found)
        for xorb in xorbs[at + 1 :] + xorbs[:at]:
            if xorb not in seen:
                seen.add(xorb)
                yield xorb
