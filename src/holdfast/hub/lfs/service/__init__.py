"""Use cases of git-lfs: batches, transfers in one piece and in parts, locks."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.backends.blobs.protocol import BlobStore
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.signing import Signer
from holdfast.hub.lfs.domain import TransferRules, XetGate
from holdfast.hub.lfs.service.batch import BatchService
from holdfast.hub.lfs.service.locks import LockService
from holdfast.hub.lfs.service.multipart import MultipartService
from holdfast.hub.lfs.service.transfers import TransferService
from holdfast.hub.lfs.tickets import TicketOffice
from holdfast.hub.objects.domain import RepoAccess
from holdfast.hub.objects.service import ObjectService

__all__ = ["LfsServices", "open_lfs"]


@dataclass(frozen=True)
class LfsServices:
    """Everything that git-lfs can do."""

    tickets: TicketOffice
    batches: BatchService
    transfers: TransferService
    multipart: MultipartService
    locks: LockService


def open_lfs(
    database: Database,
    blobs: BlobStore,
    objects: ObjectService,
    access: RepoAccess,
    signer: Signer,
    rules: TransferRules,
    xet: XetGate | None,
    clock: Clock,
) -> LfsServices:
    """Build the services of one process. `xet` None means that Xet is not offered to git-lfs clients."""
    tickets = TicketOffice(signer)
    transfers = TransferService(database, objects, blobs)
    return LfsServices(
        tickets=tickets,
        batches=BatchService(database, objects, access, tickets, rules, xet),
        transfers=transfers,
        multipart=MultipartService(transfers, blobs, clock),
        locks=LockService(database, access, clock),
    )
