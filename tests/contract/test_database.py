"""What every database driver promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
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
