"""The words of git-lfs: requested objects, tickets, parts, locks. Pure: no I/O, no clock, no urls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from holdfast.base.identity import Actor
from holdfast.base.ids import RepoId, RepoType

MEBIBYTE = 1024 * 1024
MAX_BATCH_OBJECTS = 1000
UPLOAD_LIFETIME_SECONDS = 6 * 3600
"""The Python client asks for up to 256 tickets at once and then sends one file after the other."""
DOWNLOAD_LIFETIME_SECONDS = 3600


class Operation(Enum):
    """What a batch asks for."""

    UPLOAD = "upload"
    DOWNLOAD = "download"


@dataclass(frozen=True)
class TransferRules:
    """Sizes, in bytes.

    Args:
        max_upload_bytes: one object.
        multipart_from_bytes: objects of this size are sent in parts to clients that can; a failed part costs less.
        part_bytes: the usual size of a part.
        resumable_part_bytes: the same for uploads that a browser takes up again: a lost part is sent once more.
    """

    max_upload_bytes: int = 500 * 1024 * MEBIBYTE
    multipart_from_bytes: int = 2048 * MEBIBYTE
    part_bytes: int = 256 * MEBIBYTE
    resumable_part_bytes: int = 16 * MEBIBYTE


@dataclass(frozen=True)
class ObjectSpec:
    """An object as a client names it."""

    oid: str
    size_bytes: int


@dataclass(frozen=True)
class BatchRequest:
    """One call of the batch API. `transfers` are the ways the client can transfer, none meaning `basic`."""

    operation: Operation
    objects: tuple[ObjectSpec, ...]
    transfers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Parts:
    """How an object is cut: `count` parts of `size_bytes`, the last one shorter."""

    size_bytes: int
    count: int

    def expected_bytes(self, number: int, total_bytes: int) -> int:
        """The size of part `number`, counted from 1."""
        return min(self.size_bytes, total_bytes - (number - 1) * self.size_bytes)


@dataclass(frozen=True)
class Ticket:
    """Leave to transfer one object. `word` is sealed and url-safe; `parts` None means: in one piece."""

    operation: Operation
    word: str
    parts: Parts | None = None


@dataclass(frozen=True)
class Refusal:
    """Why one object of a batch cannot be transferred; `code` as HTTP would have it."""

    code: int
    message: str


@dataclass(frozen=True)
class XetAction:
    """Where, and with which header, a git-xet agent uploads."""

    href: str
    header: Mapping[str, str]


@dataclass(frozen=True)
class ObjectAnswer:
    """The answer for one object; `result` None means that nothing is to be done: the bytes are there already."""

    spec: ObjectSpec
    result: Ticket | XetAction | Refusal | None


@dataclass(frozen=True)
class BatchAnswer:
    """The answer to a batch: `transfer` is basic, multipart, resumable or xet."""

    transfer: str
    objects: tuple[ObjectAnswer, ...]


class XetGate(Protocol):
    """Answered by `hub.xet` where Xet is served."""

    def upload_action(self, base_url: str, actor: Actor, repo_type: RepoType, repo_id: RepoId) -> XetAction:
        """The CAS url, and the X-Xet-* header with a write token for that repo. Permission has been checked.

        Source: xet-core git_xet/src/constants.rs.
        """
        ...


@dataclass(frozen=True)
class Lock:
    """A locked path. `owner_id` is the user's, `locked_at` in milliseconds since 1970."""

    lock_id: int
    path: str
    owner_id: int
    owner_name: str
    locked_at: int


@dataclass(frozen=True)
class LockPage:
    """Some locks in the order of their ids; `next_cursor` None means that these were the last."""

    locks: tuple[Lock, ...]
    next_cursor: int | None


def plan_parts(size_bytes: int, part_bytes: int) -> Parts:
    """Cut an object into parts of that size, but at most 200, so that a batch of urls stays small."""
    part_bytes = max(part_bytes, -(-size_bytes // 200))
    return Parts(part_bytes, -(-size_bytes // part_bytes))


def wants_resumable(request: BatchRequest) -> bool:
    """True for our own pages: parts of any size of object, kept from one batch to the next, and to be asked for."""
    return request.operation is Operation.UPLOAD and "resumable" in request.transfers


def wants_multipart(request: BatchRequest, rules: TransferRules) -> bool:
    """True when the whole batch is to be sent in parts: an agent is chosen per batch, not per object.

    Source: git-lfs docs/custom-transfers.md; huggingface_hub cli/lfs.py reads `chunk_size` of every object.
    """
    return (
        request.operation is Operation.UPLOAD
        and "multipart" in request.transfers
        and any(spec.size_bytes >= rules.multipart_from_bytes for spec in request.objects)
    )
