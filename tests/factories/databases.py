"""Databases for tests: SQLite's in a folder, or PostgreSQL's on a server that the first test starts.

`HOLDFAST_TEST_DATABASE=postgresql` lets every test that opens its database here run on PostgreSQL.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

from sqlalchemy import MetaData

from holdfast.app.schema import all_tables
from holdfast.backends.database.postgresql import PostgresqlDatabase
from holdfast.backends.database.protocol import Database
from holdfast.backends.database.sqlite import SqliteDatabase
from tests.postgresql import shared_server

KINDS = ("sqlite", "postgresql")


def open_test_database(folder: Path, kind: str | None = None) -> Database:
    """A new one with all tables; `kind` None: as the environment says, or SQLite. Close it at the end of the test."""
    if (kind or os.environ.get("HOLDFAST_TEST_DATABASE", "sqlite")) == "postgresql":
        return open_postgresql(_template())
    database = SqliteDatabase(folder / "test.sqlite")
    with database.write() as connection:
        _tables().create_all(connection)
    return database


def open_postgresql(template: str = "template1") -> Database:
    """A new one like another, empty by default. It is dropped when it is closed."""
    server = shared_server()
    name = server.create(template)

    class ScratchDatabase(PostgresqlDatabase):
        def close(self) -> None:
            super().close()
            server.drop(name)

    return ScratchDatabase(server.url(name))


@functools.cache
def _tables() -> MetaData:
    return all_tables()


@functools.cache
def _template() -> str:
    server = shared_server()
    name = server.create()
    database = PostgresqlDatabase(server.url(name))
    database.migrate()
    database.close()
    return name
