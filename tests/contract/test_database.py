"""What every database driver promises."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from holdfast.backends.database.protocol import Database
from holdfast.backends.database.sqlite import SqliteDatabase


@pytest.fixture(params=["sqlite"])
def database(tmp_path: Path) -> Iterator[Database]:
    opened = SqliteDatabase(tmp_path / "t.sqlite")
    with opened.write() as connection:
        connection.execute(text("CREATE TABLE secret (word TEXT PRIMARY KEY)"))
    yield opened
    opened.close()


def test_an_error_does_not_repeat_what_was_to_be_stored(database: Database):
    """Errors go into the log, and from there anywhere."""

    def insert() -> None:
        with database.write() as connection:
            connection.execute(text("INSERT INTO secret VALUES (:word)"), {"word": "argon2id-hash"})

    insert()
    with pytest.raises(DatabaseError) as caught:
        insert()
    assert "argon2id-hash" not in str(caught.value)


def test_what_fails_leaves_nothing(database: Database):
    def insert_and_fail() -> None:
        with database.write() as connection:
            connection.execute(text("INSERT INTO secret VALUES ('x')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        insert_and_fail()
    assert database.fetch_one("SELECT count(*) FROM secret WHERE word = ?", ("x",)) == (0,)


def test_a_reader_sees_one_moment(database: Database):
    count = text("SELECT count(*) FROM secret")
    with database.read() as reader:
        before = reader.execute(count).scalar()
        with database.write() as writer:
            writer.execute(text("INSERT INTO secret VALUES ('x')"))
        assert reader.execute(count).scalar() == before
    with database.read() as reader:
        assert reader.execute(count).scalar() == before + 1


def test_a_snapshot_within_a_snapshot_is_its_own(database: Database):
    count = text("SELECT count(*) FROM secret")
    for _ in range(2):  # the second time with connections that were used before
        with database.read() as outer:
            before = outer.execute(count).scalar()
            with database.write() as writer:
                writer.execute(text("INSERT INTO secret VALUES (:word)"), {"word": f"x{before}"})
            with database.read() as inner:
                assert inner.execute(count).scalar() == before + 1
            assert outer.execute(count).scalar() == before


def test_after_an_error_everything_is_as_before(database: Database):
    def fail(opened: AbstractContextManager[Connection], statement: str) -> None:
        with opened as connection:
            connection.execute(text(statement))
            raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            fail(database.read(), "SELECT * FROM secret")
        with pytest.raises(ZeroDivisionError):
            fail(database.write(), "INSERT INTO secret VALUES ('y')")
        with database.read() as reader:
            assert reader.execute(text("SELECT count(*) FROM secret")).scalar() == 0


def test_a_reader_keeps_nobody_from_writing(database: Database):
    with database.write() as writer:
        writer.execute(text("INSERT INTO secret VALUES ('w')"))
    with database.read() as reader:  # not a transaction for writing, though the last one was
        reader.execute(text("SELECT 1"))
        with database.write() as writer:
            writer.execute(text("INSERT INTO secret VALUES ('v')"))


def test_more_threads_than_connections(database: Database):
    def read(_: int) -> int:
        with database.read() as reader:
            return int(reader.execute(text("SELECT 1")).scalar_one())

    with ThreadPoolExecutor(100) as executor:
        assert sum(executor.map(read, range(1000))) == 1000
    with ThreadPoolExecutor(100) as executor:
        assert sum(executor.map(read, range(1000))) == 1000
