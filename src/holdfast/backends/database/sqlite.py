"""SQLite driver: WAL, one writer at a time in this process by a lock, between processes by SQLite's own.

Source: https://sqlite.org/wal.html, https://sqlite.org/pragma.html. Knows nothing about the tables.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from holdfast.backends.database.migrations.runner import current_revision, migrate, newest_revision
from holdfast.base.errors import Overloaded, StorageFull

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # an acknowledged transaction survives a power cut, not only a crash
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=30000",
    "PRAGMA cache_size=-16000",
    "PRAGMA temp_store=MEMORY",
)


class SqliteDatabase:
    """A database in one file. Safe to share between threads; other processes may open the same file."""

    def __init__(self, path: Path, *, pool_size: int = 24) -> None:
        self._path = path
        self._write_lock = threading.Lock()
        self._local = threading.local()
        self._hot_connections: list[sqlite3.Connection] = []
        self._most_idle = pool_size
        self._readers: list[Connection] = []
        self._writers: list[Connection] = []
        self._engine = _engine(path, pool_size)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """See `Database.read`."""
        with _translated(), self._lent(self._readers) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """See `Database.write`."""
        with self._write_lock, _translated(), self._lent(self._writers) as connection:
            writer = connection.execution_options(holdfast_write=True)
            with writer.begin():
                yield writer

    def fetch_one(self, sql: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
        """See `Database.fetch_one`. sqlite3 caches the prepared statement by its text."""
        try:
            connection = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._open_hot_connection()
            row: tuple[Any, ...] | None = connection.execute(sql, parameters).fetchone()
        except sqlite3.OperationalError as error:
            _raise_expected(error)
            raise
        return row

    def migrate(self) -> None:
        """See `Database.migrate`."""
        with self._write_lock, _translated():
            migrate(self._engine)

    def revision(self) -> str | None:
        """See `Database.revision`."""
        with _translated():
            return current_revision(self._engine)

    def newest_revision(self) -> str | None:
        """See `Database.newest_revision`."""
        return newest_revision()

    def check(self) -> list[str]:
        """See `Database.check`."""
        with _translated(), self._engine.connect() as connection:
            lines = [str(line) for line in connection.exec_driver_sql("PRAGMA quick_check").scalars()]
        return [] if lines == ["ok"] else lines

    def close(self) -> None:
        """See `Database.close`."""
        for idle in (self._readers, self._writers):
            while idle:
                idle.pop().close()
        self._engine.dispose()
        for connection in self._hot_connections:
            connection.close()
        self._hot_connections.clear()
        self._local = threading.local()

    @contextmanager
    def _lent(self, idle: list[Connection]) -> Iterator[Connection]:
        """The connection last used, from `idle`, or one of the pool; it waits in `idle` then, unless something failed.

        To take one from the pool and to give it back cost as much as a query, and the pool gives the one longest
        unused, whose caches are cold.
        """
        try:
            connection = idle.pop()  # no other thread can get the same
        except IndexError:
            connection = self._engine.connect()
        try:
            yield connection
            connection.rollback()
        except BaseException:
            connection.close()
            raise
        if len(idle) < self._most_idle:
            idle.append(connection)
        else:
            connection.close()

    def _open_hot_connection(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, cached_statements=64)
        for pragma in _PRAGMAS[2:]:
            connection.execute(pragma)
        self._hot_connections.append(connection)
        self._local.connection = connection
        return connection


def _engine(path: Path, pool_size: int) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=40,
        connect_args={"check_same_thread": False, "isolation_level": None},
        hide_parameters=True,  # an error goes into the log, where hashes of passwords and people's words don't belong
    )
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    # The driver is in autocommit mode; without an explicit BEGIN a snapshot would change between two SELECTs.
    write = connection.get_execution_options().get("holdfast_write", False)
    # Below SQLAlchemy, which would need as long for this word as for a query.
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    driver.execute("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        _raise_expected(error.orig)
        raise


def _raise_expected(error: BaseException | None) -> None:
    """Raise ours for what may happen to any server; return for everything else."""
    text = str(error)
    if "disk is full" in text or "disk I/O error" in text:
        raise StorageFull from error
    if "locked" in text or "unable to open database file" in text:  # the latter: no file descriptor is left
        raise Overloaded from error
