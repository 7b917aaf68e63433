"""What the Xet store knows of xorbs and files, what an access token for it says, and its limits.

Pure words: no I/O, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from holdfast.hub.xet.formats.hashes import XetHash, hash_to_text

XORB_FOLDER = "xorb"
RECIPE_FOLDER = "recipe"
SIDECAR_SUFFIX = ".idx"

CLIENT_CACHE_DAYS = 22
"""For so long clients deduplicate against what they sent, without asking (21 days, and one to be safe).

Source: xet-core shard cache; sooner deletions need a new epoch.
"""
DEDUP_REPLY_DAYS = 7
"""For so long clients may use an answer to a dedup question."""


class Scope(Enum):
    """What an access token for the CAS allows; writing includes reading."""

    READ = "read"
    WRITE = "write"

    def covers(self, needed: Scope) -> bool:
        """Whether a token of this scope may do what needs `needed`."""
        return self is Scope.WRITE or self is needed


@dataclass(frozen=True)
class CasClaim:
    """What an access token for the CAS says. `user_id` None means anonymous, who may read public repos."""

    repo_key: int
    user_id: int | None
    scope: Scope

    def to_text(self) -> str:
        """The claim as the words that are signed."""
        return f"{self.repo_key}:{'' if self.user_id is None else self.user_id}:{self.scope.value}"

    @classmethod
    def from_text(cls, text: str) -> CasClaim:
        """Read what `to_text` wrote."""
        repo_key, user_id, scope = text.split(":")
        return cls(int(repo_key), int(user_id) if user_id else None, Scope(scope))


@dataclass(frozen=True)
class CasAccess:
    """An issued access token: `path` is the CAS's below the Hub's url, `expires_at_seconds` is Unix time."""

    path: str
    word: str
    expires_at_seconds: int


@dataclass(frozen=True)
class XorbUsage:
    """All xorbs together: their number, the bytes of their chunks decoded, and as they lie on the disk."""

    xorbs: int
    raw_bytes: int
    stored_bytes: int


@dataclass(frozen=True)
class StoredXorb:
    """One xorb that is durably stored and was validated.

    Args:
        hash: its name.
        raw_bytes: of its chunks, decoded.
        stored_bytes: of its chunks as they lie on the disk.
        chunks: their number.
        offered_at: when it was last uploaded or named by a shard; garbage collection counts from here.
        condemned_at: since when garbage collection found no file that uses it; None means not condemned.
    """

    hash: XetHash
    raw_bytes: int
    stored_bytes: int
    chunks: int
    created_at: int
    offered_at: int
    condemned_at: int | None


@dataclass(frozen=True)
class XetFile:
    """A file whose SHA-256 was recomputed here. `packed_terms` is for `unpack_terms`.

    Several Xet files can have one SHA-256, for versions of clients cut chunks differently.
    """

    hash: XetHash
    sha256: str
    size_bytes: int
    packed_terms: bytes
    created_at: int


@dataclass(frozen=True)
class XetLimits:
    """How much is taken on at once, and how large things may be.

    Args:
        max_file_bytes: one file.
        max_shard_chunks: chunks of all files of one shard, as often as its terms name them.
        max_uploads: xorbs being received or waiting for their check; more are told to come back.
        max_shards: shards being checked at once.
        max_waiting_shards: shards being received or waiting for their turn; more are told to come back.
        index_cache_bytes: memory for indexes of xorbs.
    """

    max_file_bytes: int = 500 << 30
    max_shard_chunks: int = 32 << 20
    max_uploads: int = 128
    max_shards: int = 8
    max_waiting_shards: int = 24
    index_cache_bytes: int = 256 << 20


def xorb_key(xorb: XetHash) -> str:
    """The blob's key: `xorb/ab/<hash>`."""
    text = hash_to_text(xorb)
    return f"{XORB_FOLDER}/{text[:2]}/{text}"


def sidecar_key(xorb: XetHash) -> str:
    """The key of the blob with the xorb's index."""
    return xorb_key(xorb) + SIDECAR_SUFFIX
