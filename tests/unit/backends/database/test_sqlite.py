"""Which of SQLite's complaints are expected ones, and how they are told."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from holdfast.backends.database.sqlite import SqliteDatabase
from holdfast.base.errors import Overloaded, StorageFull

EXPECTED = [
    ("database or disk is full", StorageFull),
    ("disk I/O error", StorageFull),
    ("database is locked", Overloaded),
    ("unable to open database file", Overloaded),
]


@pytest.fixture
def database(tmp_path: Path):
    database = SqliteDatabase(tmp_path / "t.sqlite")
    yield database
    database.close()


@pytest.mark.parametrize(("text", "expected"), EXPECTED)
def test_complaints_within_transactions(database, text, expected):
    for transaction in (database.read, database.write):
        with pytest.raises(expected), transaction():
            raise OperationalError("SELECT 1", (), sqlite3.OperationalError(text))


@pytest.mark.parametrize(("text", "expected"), EXPECTED)
def test_complaints_of_the_hot_path(database, monkeypatch, text, expected):
    def complain(_: object) -> None:
        raise sqlite3.OperationalError(text)

    monkeypatch.setattr(SqliteDatabase, "_open_hot_connection", complain)
    with pytest.raises(expected):
        database.fetch_one("SELECT 1", ())


def test_a_defect_stays_one(database):
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        database.fetch_one("SELECT * FROM missing", ())
    with pytest.raises(OperationalError, match="no such table"), database.read() as connection:
        connection.exec_driver_sql("SELECT * FROM missing")


def test_a_database_that_cannot_be_opened_is_told(tmp_path):
    database = SqliteDatabase(tmp_path / "missing" / "t.sqlite")
    with pytest.raises(Overloaded):
        database.fetch_one("SELECT 1", ())
