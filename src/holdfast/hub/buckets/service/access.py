"""Finds a bucket for an actor and a permission: the rules of repos, for things that are never gated."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.accounts.permissions import RepoStanding, check
from holdfast.accounts.service import AccountService
from holdfast.backends.database.protocol import Database
from holdfast.base.errors import RepoNotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId
from holdfast.hub.buckets.domain import Bucket
from holdfast.hub.buckets.store import buckets as store


@dataclass(frozen=True)
class BucketGate:
    """Who may do what with which bucket."""

    database: Database
    accounts: AccountService

    def find(self, connection: Connection, actor: Actor, bucket_id: RepoId, permission: Permission) -> Bucket:
        """Return the bucket if the actor has the permission.

        Raises:
            RepoNotFound: absent, or private and not the actor's.
            Forbidden, LoginRequired: see `accounts.permissions`.
        """
        bucket = store.find_bucket(connection, bucket_id)
        if bucket is None:
            raise RepoNotFound(status=401 if actor.is_anonymous else 404)
        role = self.accounts.role_in(connection, actor, bucket.namespace_id)
        check(actor, role, _standing(bucket), permission)
        return bucket

    def require(self, actor: Actor, bucket_id: RepoId, permission: Permission) -> Bucket:
        """As `find`, in a transaction of its own."""
        with self.database.read() as connection:
            return self.find(connection, actor, bucket_id, permission)


def _standing(bucket: Bucket) -> RepoStanding:
    return RepoStanding(
        text_key=bucket.text_key,
        repo_id=str(bucket.id),
        namespace_id=bucket.namespace_id,
        namespace=bucket.id.namespace or "",
        private=bucket.private,
        gated=False,
        gate_accepted=False,
        disabled=False,
        creator_id=bucket.creator_id,
    )
