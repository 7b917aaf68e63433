"""Databases for tests: SQLite's in a folder, or PostgreSQL's on a server that the first test starts.

`HOLDFAST_TEST_DATABASE=postgresql` lets every test that opens its database here run on PostgreSQL.
"""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg

from holdfast.app.schema import all_tables
from holdfast.backends.database.postgresql import PostgresqlDatabase
from holdfast.backends.database.protocol import Database
from holdfast.backends.database.sqlite import SqliteDatabase
from tests.postgresql import shared_server

KINDS = ("sqlite", "postgresql")
_FREE: list[str] = []
"""Databases that earlier tests have used, with all tables, empty again: it takes a tenth of the time of a new one."""


class ScratchDatabase(PostgresqlDatabase):
    """A database of PostgreSQL that is given back when it is closed."""

    def __init__(self, name: str, give_back: Callable[[str], None]) -> None:
        super().__init__(shared_server().url(name), pool_size=4)
        self._give_back = functools.partial(give_back, name)

    def close(self) -> None:
        super().close()
        self._give_back()


def open_test_database(folder: Path, kind: str | None = None) -> Database:
    """A new one with all tables; `kind` None: as the environment says, or SQLite. Close it at the end of the test."""
    if (kind or os.environ.get("HOLDFAST_TEST_DATABASE", "sqlite")) == "postgresql":
        return ScratchDatabase(_FREE.pop() if _FREE else _migrated(), _empty)
    (folder / "test.sqlite").write_bytes(_sqlite_file(_create_tables))
    return SqliteDatabase(folder / "test.sqlite")


def open_postgresql() -> ScratchDatabase:
    """A new one without tables."""
    return ScratchDatabase(shared_server().create(), shared_server().drop)


def migrated_sqlite() -> bytes:
    """The database of a new data directory, for tests that open all services: to migrate takes longer than most."""
    return _sqlite_file(SqliteDatabase.migrate)


def _create_tables(database: SqliteDatabase) -> None:
    with database.write() as connection:
        all_tables().create_all(connection)


@functools.cache
def _sqlite_file(prepare: Callable[[SqliteDatabase], None]) -> bytes:
    """A database with all tables: to write it takes a twentieth of the time of making the tables."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tables.sqlite"
        database = SqliteDatabase(path)
        prepare(database)
        database.close()
        assert not path.with_name(path.name + "-wal").exists(), "all of it is in one file"
        return path.read_bytes()


def _migrated() -> str:
    name = shared_server().create()
    database = PostgresqlDatabase(shared_server().url(name))
    database.migrate()
    database.close()
    return name


def _empty(name: str) -> None:
    with psycopg.connect(shared_server().url(name), autocommit=True) as connection:
        tables = connection.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        statements = [f"DELETE FROM {table}" for (table,) in tables if table != "alembic_version"]
        sequences = connection.execute("SELECT quote_ident(sequencename) FROM pg_sequences WHERE schemaname = 'public'")
        statements += [f"ALTER SEQUENCE {sequence} RESTART" for (sequence,) in sequences]
        # Neither foreign keys nor the audit log's trigger shall object.
        connection.execute("; ".join(["SET session_replication_role = replica", *statements]))
    _FREE.append(name)
