"""The use cases of buckets. Each class is one group of them; all ask `BucketGate` first."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.accounts.service import AccountService
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId
from holdfast.hub.buckets.service.access import BucketGate
from holdfast.hub.buckets.service.changing import BucketChanges
from holdfast.hub.buckets.service.files import BucketFiles
from holdfast.hub.buckets.service.lifecycle import BucketLifecycle
from holdfast.hub.buckets.service.upkeep import BucketUpkeep
from holdfast.hub.objects.domain import RepoAccess
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.xet.domain import CasAccess, Scope
from holdfast.hub.xet.service.source import XetHashes
from holdfast.hub.xet.service.tokens import CasTokens

__all__ = ["BucketServices", "BucketTokens", "open_buckets"]


@dataclass(frozen=True)
class BucketTokens:
    """Access tokens for the CAS: clients upload and download the files of buckets there."""

    gate: BucketGate
    tokens: CasTokens

    def issue(self, actor: Actor, bucket_id: RepoId, scope: Scope) -> CasAccess:
        """A token for one bucket. Raises as `BucketGate.find`."""
        permission = Permission.WRITE_REPO if scope is Scope.WRITE else Permission.READ_REPO
        bucket = self.gate.require(actor, bucket_id, permission)
        return self.tokens.issue_for(actor, bucket.holder, scope)


@dataclass(frozen=True)
class BucketServices:
    """Everything that buckets can do."""

    gate: BucketGate
    lifecycle: BucketLifecycle
    files: BucketFiles
    changes: BucketChanges
    tokens: BucketTokens
    upkeep: BucketUpkeep

    def move(self, actor: Actor, old_id: RepoId, new_id: RepoId) -> RepoId:
        """As `BucketLifecycle.move_bucket`, for the address that repos and buckets share; returns the new id."""
        return self.lifecycle.move_bucket(actor, old_id, new_id).id


def open_buckets(
    database: Database,
    accounts: AccountService,
    repos: RepoAccess,
    objects: ObjectService,
    xet_files: XetHashes,
    tokens: CasTokens,
    clock: Clock,
) -> BucketServices:
    """Build the services of one process.

    Args:
        database: with the tables in place.
        accounts: who people are.
        repos: who may read which repo.
        objects: where the bytes are.
        xet_files: which object a Xet hash means.
        tokens: of the CAS.
        clock: milliseconds since 1970.
    """
    gate = BucketGate(database, accounts)
    return BucketServices(
        gate=gate,
        lifecycle=BucketLifecycle(database, accounts, gate, objects, clock),
        files=BucketFiles(database, gate, objects),
        changes=BucketChanges(database, gate, repos, objects, xet_files, clock),
        tokens=BucketTokens(gate, tokens),
        upkeep=BucketUpkeep(database, objects),
    )
