"""Rows of `bucket_file`, in the order of their paths' bytes."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from holdfast.backends.database.upserts import upsert
from holdfast.hub.buckets.domain import BucketFile
from holdfast.hub.buckets.store.tables import bucket_file

_BATCH = 500
_FIRST_SURROGATE = 0xD800
_COLUMNS = tuple(column for column in bucket_file.c if column.name != "bucket_key")
_INSERT = upsert(bucket_file)
_PUT = _INSERT.on_conflict_do_update(
    index_elements=["bucket_key", "path"], set_={column.name: _INSERT.excluded[column.name] for column in _COLUMNS}
)


def find_file(connection: Connection, bucket_key: int, path: str) -> BucketFile | None:
    """The file at a path."""
    found = find_files(connection, bucket_key, [path])
    return found[0] if found else None


def find_files(connection: Connection, bucket_key: int, paths: Collection[str]) -> list[BucketFile]:
    """Those of `paths` at which there is a file, in their order."""
    query = select(*_COLUMNS).where(bucket_file.c.bucket_key == bucket_key)
    found: dict[str, BucketFile] = {}
    for some in _batches(sorted(set(paths))):
        found.update((row.path, _file(row)) for row in connection.execute(query.where(bucket_file.c.path.in_(some))))
    return [found[path] for path in dict.fromkeys(paths) if path in found]


def page_of_files(connection: Connection, bucket_key: int, prefix: str, start: str, limit: int) -> list[BucketFile]:
    """The next files whose path begins with `prefix`, from the path `start` on."""
    path = bucket_file.c.path
    query = select(*_COLUMNS).where(bucket_file.c.bucket_key == bucket_key, path >= max(prefix, start))
    if prefix:
        query = query.where(path < _behind(prefix))
    return [_file(row) for row in connection.execute(query.order_by(path).limit(limit))]


def newest_below(connection: Connection, bucket_key: int, folder: str) -> int:
    """When the newest file below a folder was uploaded; `folder` ends with a slash."""
    query = select(func.max(bucket_file.c.uploaded_at)).where(
        bucket_file.c.bucket_key == bucket_key,
        bucket_file.c.path >= folder,
        bucket_file.c.path < _behind(folder),
    )
    return connection.execute(query).scalar() or 0


def put_files(connection: Connection, bucket_key: int, files: Sequence[BucketFile]) -> None:
    """Add files; each takes the place of what was at its path."""
    if files:
        connection.execute(_PUT, [{"bucket_key": bucket_key, **vars(file)} for file in files])


def remove_files(connection: Connection, bucket_key: int, paths: Collection[str]) -> None:
    """Take files away."""
    for some in _batches(sorted(set(paths))):
        where = (bucket_file.c.bucket_key == bucket_key) & bucket_file.c.path.in_(some)
        connection.execute(delete(bucket_file).where(where))


def named_objects(connection: Connection, bucket_key: int, sha256s: Collection[str]) -> set[str]:
    """Those of `sha256s` that a file of the bucket has."""
    query = select(bucket_file.c.sha256).distinct().where(bucket_file.c.bucket_key == bucket_key)
    found: set[str] = set()
    for some in _batches(sorted(set(sha256s))):
        found.update(connection.execute(query.where(bucket_file.c.sha256.in_(some))).scalars())
    return found


def all_objects(connection: Connection, bucket_key: int) -> set[str]:
    """Every object that a file of the bucket has."""
    query = select(bucket_file.c.sha256).distinct().where(bucket_file.c.bucket_key == bucket_key)
    return set(connection.execute(query).scalars())


def _behind(prefix: str) -> str:
    """The first text behind all that begin with `prefix`."""
    following = ord(prefix[-1]) + 1
    return prefix[:-1] + chr(0xE000 if following == _FIRST_SURROGATE else min(following, sys.maxunicode))


def _file(row: Row[Any]) -> BucketFile:
    return BucketFile(**row._mapping)


def _batches(words: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(words), _BATCH):
        yield words[start : start + _BATCH]
