"""The table of locks. Functions on an open transaction."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
)

from holdfast.backends.database.protocol import metadata
from holdfast.hub.lfs.domain import Lock

LFS_LOCK = Table(
    "lfs_lock",
    metadata,
    Column("lock_id", Integer, primary_key=True, autoincrement=True),
    Column("repo_key", BigInteger, nullable=False),
    Column("path", Text, nullable=False),
    Column("owner_id", BigInteger, nullable=False),
    Column("owner_name", String(96), nullable=False),
    Column("locked_at", BigInteger, nullable=False),
    Index("ix_lfs_lock_path", "repo_key", "path", unique=True),
    sqlite_autoincrement=True,
)


def add_lock(
    connection: Connection, repo_key: int, path: str, *, owner_id: int, owner_name: str, locked_at: int
) -> Lock:
    """Insert a lock; the path must not have one."""
    values = {"path": path, "owner_id": owner_id, "owner_name": owner_name, "locked_at": locked_at}
    result = connection.execute(insert(LFS_LOCK).values(repo_key=repo_key, **values))
    assert result.inserted_primary_key is not None
    return Lock(result.inserted_primary_key[0], path, owner_id, owner_name, locked_at)


def find_lock(
    connection: Connection, repo_key: int, *, path: str | None = None, lock_id: int | None = None
) -> Lock | None:
    """The lock of a path, or with an id."""
    statement = select(LFS_LOCK).where(LFS_LOCK.c.repo_key == repo_key)
    if path is not None:
        statement = statement.where(LFS_LOCK.c.path == path)
    if lock_id is not None:
        statement = statement.where(LFS_LOCK.c.lock_id == lock_id)
    row = connection.execute(statement).first()
    return None if row is None else _lock(row)


def list_locks(connection: Connection, repo_key: int, *, after: int, limit: int) -> list[Lock]:
    """The next locks after an id."""
    statement = select(LFS_LOCK).where(LFS_LOCK.c.repo_key == repo_key, LFS_LOCK.c.lock_id > after)
    return [_lock(row) for row in connection.execute(statement.order_by(LFS_LOCK.c.lock_id).limit(limit))]


def remove_lock(connection: Connection, lock_id: int) -> None:
    """Delete a lock."""
    connection.execute(delete(LFS_LOCK).where(LFS_LOCK.c.lock_id == lock_id))


def remove_locks(connection: Connection, repo_key: int) -> None:
    """Delete every lock of a repo."""
    connection.execute(delete(LFS_LOCK).where(LFS_LOCK.c.repo_key == repo_key))


def _lock(row: Row[tuple[object, ...]]) -> Lock:
    values = row._mapping
    return Lock(**{name: values[name] for name in ("lock_id", "path", "owner_id", "owner_name", "locked_at")})
