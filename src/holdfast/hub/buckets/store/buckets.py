"""Rows of `bucket`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from holdfast.accounts.permissions import Visibility
from holdfast.base.errors import RepoExists
from holdfast.base.ids import RepoId
from holdfast.hub.buckets.domain import TYPE, Bucket, BucketUsage, bucket_text_key
from holdfast.hub.buckets.store.tables import bucket, bucket_file


def insert_bucket(connection: Connection, values: Mapping[str, Any]) -> int:
    """Add a row and return its key.

    Raises:
        RepoExists: the id is taken.
    """
    try:
        result = connection.execute(insert(bucket).values(**values))
    except IntegrityError as error:
        raise RepoExists(repo_type=TYPE, repo_id=f"{values['namespace']}/{values['name']}") from error
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def update_bucket(connection: Connection, key: int, values: Mapping[str, Any]) -> None:
    """Change columns of one bucket.

    Raises:
        RepoExists: the new id is taken.
    """
    try:
        connection.execute(update(bucket).where(bucket.c.key == key).values(**values))
    except IntegrityError as error:
        raise RepoExists(repo_type=TYPE, repo_id=f"{values.get('namespace')}/{values.get('name')}") from error


def find_bucket(connection: Connection, bucket_id: RepoId) -> Bucket | None:
    """The bucket of that id, letters' case ignored."""
    row = connection.execute(select(bucket).where(bucket.c.text_key == bucket_text_key(bucket_id))).first()
    return None if row is None else _bucket(row)


def get_bucket(connection: Connection, key: int) -> Bucket | None:
    """The bucket of that key."""
    row = connection.execute(select(bucket).where(bucket.c.key == key)).first()
    return None if row is None else _bucket(row)


def list_buckets(
    connection: Connection, namespace_id: int, seen: Visibility, *, search: str, before: int | None, limit: int
) -> list[Bucket]:
    """A namespace's buckets that somebody sees, the newest first.

    Args:
        connection: of the transaction.
        namespace_id: whose.
        seen: which private ones.
        search: what the name must hold, in any case; empty means all.
        before: the key of the last one of the page before.
        limit: at most so many.
    """
    query = select(bucket).where(bucket.c.namespace_id == namespace_id)
    if not seen.everything and namespace_id not in seen.namespace_ids:
        query = query.where(or_(bucket.c.private.is_(False), bucket.c.text_key.in_(sorted(seen.repo_keys))))
    if search:
        query = query.where(func.lower(bucket.c.name).contains(search.lower(), autoescape=True))
    if before is not None:
        query = query.where(bucket.c.key < before)
    return [_bucket(row) for row in connection.execute(query.order_by(bucket.c.key.desc()).limit(limit))]


def count_buckets(connection: Connection, namespace_id: int) -> int:
    """How many a namespace has."""
    query = select(func.count()).select_from(bucket).where(bucket.c.namespace_id == namespace_id)
    return connection.execute(query).scalar_one()


def all_buckets(connection: Connection) -> list[Bucket]:
    """Every bucket."""
    return [_bucket(row) for row in connection.execute(select(bucket).order_by(bucket.c.key))]


def usages(connection: Connection, keys: Collection[int]) -> dict[int, BucketUsage]:
    """What each bucket holds; those without files are left out."""
    query = (
        select(bucket_file.c.bucket_key, func.count(), func.sum(bucket_file.c.size_bytes))
        .where(bucket_file.c.bucket_key.in_(list(keys)))
        .group_by(bucket_file.c.bucket_key)
    )
    return {key: BucketUsage(files, int(size)) for key, files, size in connection.execute(query)}


def delete_bucket(connection: Connection, key: int) -> None:
    """Remove a bucket and its files."""
    connection.execute(delete(bucket_file).where(bucket_file.c.bucket_key == key))
    connection.execute(delete(bucket).where(bucket.c.key == key))


def _bucket(row: Row[Any]) -> Bucket:
    return Bucket(
        key=row.key,
        uid=row.uid,
        id=RepoId(row.namespace, row.name),
        namespace_id=row.namespace_id,
        creator_id=row.creator_id,
        private=row.private,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
