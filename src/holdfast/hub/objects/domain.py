"""What an object is, how its bytes are read, and the two questions that this floor asks upwards.

Pure words: no I/O, no clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType


class ObjectKind(Enum):
    """In which form the bytes lie here."""

    BLOB = "blob"
    XET = "xet"


class ObjectState(Enum):
    """Whether the SHA-256 was recomputed here (VERIFIED) or is so far only claimed (PROVISIONAL)."""

    VERIFIED = "verified"
    PROVISIONAL = "provisional"


@dataclass(frozen=True)
class StoredObject:
    """One form of one object. An object stored in both forms is two of these.

    Args:
        sha256: 64 hex digits.
        offered_at: when somebody last uploaded, linked or committed it; garbage collection counts from here.
        condemned_at: when garbage collection first found it unreachable; None means not condemned.
    """

    sha256: str
    size_bytes: int
    kind: ObjectKind
    state: ObjectState
    created_at: int
    offered_at: int
    condemned_at: int | None


@dataclass(frozen=True)
class Usage:
    """What is stored: the number of distinct objects and their bytes before deduplication within Xet."""

    objects: int
    size_bytes: int


@dataclass(frozen=True)
class LinkedObject:
    """An object that a repo has, and since when."""

    sha256: str
    size_bytes: int
    linked_at: int


class RepoAccess(Protocol):
    """Asked by `lfs` and `xet`, answered by `hub.repos`."""

    def require(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, permission: Permission) -> int:
        """Return the repo's key.

        Raises:
            RepoNotFound, LoginRequired, Forbidden, GatedRepo: as the actor deserves.
        """
        ...

    def readable(self, actor: Actor, repo_keys: Collection[int]) -> frozenset[int]:
        """Those of `repo_keys` whose files the actor may read (READ_REPO, so gated repos only once accepted)."""
        ...


class ObjectReader(Protocol):
    """An opened object; see `http.files.ByteSource`, which it satisfies."""

    @property
    def size_bytes(self) -> int:
        """Size of the whole object."""
        ...

    @property
    def descriptor(self) -> int | None:
        """A file descriptor with exactly these bytes, or None when they must be decoded."""
        ...

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Bytes `start` up to `end`, in batches of about 1 MiB or more."""
        ...

    def close(self) -> None:
        """Release it; stays readable until then, also when garbage collection removes the object."""
        ...


class ObjectSource(Protocol):
    """Opens the objects of one kind."""

    def open(self, sha256: str) -> ObjectReader:
        """Open for reading. Raises ObjectNotFound."""
        ...
