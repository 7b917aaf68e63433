"""Create, look, list, settings, move, delete."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.accounts.auditing import AuditAction
from holdfast.accounts.domain import Namespace
from holdfast.accounts.service import AccountService
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import InvalidInput, LoginRequired, NotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, check_name
from holdfast.hub.buckets.domain import Bucket, BucketPage, BucketUsage, bucket_text_key
from holdfast.hub.buckets.service.access import BucketGate
from holdfast.hub.buckets.store import buckets as store
from holdfast.hub.objects.service import ObjectService

OWN = "me"
"""The namespace's name that means the caller's own."""


@dataclass(frozen=True)
class BucketLifecycle:
    """The life of a bucket, apart from its files."""

    database: Database
    accounts: AccountService
    gate: BucketGate
    objects: ObjectService
    clock: Clock

    def create_bucket(self, actor: Actor, bucket_id: RepoId, *, private: bool | None = None) -> Bucket:
        """Create a bucket; None for `private` means the namespace's default.

        Raises:
            RepoExists: the id is taken.
            Forbidden, LoginRequired: the actor may not create in this namespace.
            InvalidInput: a name that may not be.
        """
        check_name(bucket_id.name)
        with self.database.write() as connection:
            owner = self._owner(connection, actor, bucket_id)
            key = self._insert(connection, actor, owner, bucket_id.name, private)
            created = self._existing(connection, key)
            self._record(connection, actor, AuditAction.REPO_CREATED, created)
        return created

    def get_bucket(self, actor: Actor, bucket_id: RepoId) -> tuple[Bucket, BucketUsage]:
        """A bucket and what it holds. Raises as `BucketGate.find`."""
        with self.database.read() as connection:
            bucket = self.gate.find(connection, actor, bucket_id, Permission.SEE_REPO)
            return bucket, store.usages(connection, [bucket.key]).get(bucket.key, BucketUsage())

    def list_buckets(self, actor: Actor, namespace: str, *, search: str, cursor: str | None, limit: int) -> BucketPage:
        """The buckets of a namespace that the actor sees, the newest first.

        Raises:
            LoginRequired: anonymous, and asking for the own ones.
            NotFound: no such namespace.
            InvalidInput: a cursor that is none.
        """
        if cursor is not None and not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= 18):
            raise InvalidInput(field="cursor", problem="must be one that an answer gave")
        with self.database.read() as connection:
            owner = self._named(connection, actor, namespace)
            seen = self.accounts.visibility(connection, actor)
            before = None if cursor is None else int(cursor)
            found = store.list_buckets(connection, owner.id, seen, search=search, before=before, limit=limit + 1)
            usages = store.usages(connection, [bucket.key for bucket in found[:limit]])
        page = [(bucket, usages.get(bucket.key, BucketUsage())) for bucket in found[:limit]]
        return BucketPage(page, str(page[-1][0].key) if len(found) > limit else None)

    def update_settings(self, actor: Actor, bucket_id: RepoId, *, private: bool | None) -> Bucket:
        """Change who sees a bucket; None: as it is. Raises as `BucketGate.find`."""
        with self.database.write() as connection:
            bucket = self.gate.find(connection, actor, bucket_id, Permission.ADMIN_REPO)
            if private is not None:
                store.update_bucket(connection, bucket.key, {"private": private})
            changed = self._existing(connection, bucket.key)
            visibility = "private" if changed.private else "public"
            self._record(connection, actor, AuditAction.REPO_SETTINGS, changed, visibility=visibility)
        return changed

    def move_bucket(self, actor: Actor, old_id: RepoId, new_id: RepoId) -> Bucket:
        """Give a bucket another name or owner; the old id is free from now on.

        Raises:
            RepoExists: the new id is taken.
            RepoNotFound, LoginRequired, Forbidden: the actor may not delete there or not create here.
            InvalidInput: a name that may not be.
        """
        check_name(new_id.name)
        with self.database.write() as connection:
            bucket = self.gate.find(connection, actor, old_id, Permission.ADMIN_REPO)
            owner = self._owner(connection, actor, new_id)
            store.update_bucket(connection, bucket.key, _name_values(owner, new_id.name))
            moved = self._existing(connection, bucket.key)
            self._record(connection, actor, AuditAction.REPO_MOVED, bucket, to=str(moved.id))
        return moved

    def delete_bucket(self, actor: Actor, bucket_id: RepoId) -> None:
        """Delete a bucket and its files for good. Raises as `BucketGate.find`."""
        with self.database.write() as connection:
            bucket = self.gate.find(connection, actor, bucket_id, Permission.ADMIN_REPO)
            self.objects.forget_repo(connection, bucket.holder)
            store.delete_bucket(connection, bucket.key)
            self._record(connection, actor, AuditAction.REPO_DELETED, bucket)

    def _insert(
        self,
        connection: Connection,
        actor: Actor,
        owner: Namespace,
        name: str,
        private: bool | None,  # noqa: FBT001 - the API's own three states
    ) -> int:
        now = self.clock()
        values = {
            **_name_values(owner, name),
            "uid": secrets.token_hex(12),
            "creator_id": actor.user_id,
            "private": owner.private_by_default if private is None else private,
            "created_at": now,
            "updated_at": now,
        }
        return store.insert_bucket(connection, values)

    def _owner(self, connection: Connection, actor: Actor, bucket_id: RepoId) -> Namespace:
        name = None if bucket_id.namespace == OWN else bucket_id.namespace
        return self.accounts.require_creator(connection, actor, name)

    def _named(self, connection: Connection, actor: Actor, name: str) -> Namespace:
        if name == OWN and actor.is_anonymous:
            raise LoginRequired
        wanted = actor.username or "" if name == OWN else name
        found = self.accounts.find_namespace(connection, wanted)
        if found is None:
            raise NotFound(what=f"User or organization {name[:100]!r}")
        return found

    def _record(
        self, connection: Connection, actor: Actor, action: AuditAction, bucket: Bucket, **details: str
    ) -> None:
        self.accounts.audit.record(connection, actor, action, bucket.text_key, **details)

    def _existing(self, connection: Connection, key: int) -> Bucket:
        bucket = store.get_bucket(connection, key)
        assert bucket is not None
        return bucket


def _name_values(owner: Namespace, name: str) -> dict[str, object]:
    text_key = bucket_text_key(RepoId(owner.name, name))
    return {"namespace_id": owner.id, "namespace": owner.name, "name": name, "text_key": text_key}
