"""What every database driver promises."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.exc import DatabaseError, IntegrityError

from holdfast.backends.database.protocol import Database
from holdfast.backends.database.sqlite import SqliteDatabase
from holdfast.backends.database.upserts import upsert
from tests.factories.databases import KINDS, open_postgresql

THING = Table(
    "thing",
    MetaData(),
    Column("key", Integer, primary_key=True),
    Column("name", String(4), unique=True),
    Column("size", Integer, nullable=False, default=0),
    Column("seen", Boolean, nullable=False, default=False),
    Column("score", Float),
    Column("data", LargeBinary),
)


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    opened = SqliteDatabase(tmp_path / "t.sqlite") if request.param == "sqlite" else open_postgresql()
    with opened.write() as connection:
        connection.execute(text("CREATE TABLE secret (word TEXT PRIMARY KEY)"))
        THING.create(connection)
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


def test_what_is_there_twice_is_an_integrity_error(database: Database):
    def insert_twice() -> None:
        with database.write() as connection:
            connection.execute(insert(THING), [{"name": "a"}, {"name": "a"}])

    with pytest.raises(IntegrityError):
        insert_twice()


def test_values_come_back_as_they_went(database: Database):
    """Numbers of 64 bits, texts longer than declared, all of Unicode, bytes, truth."""
    values = {
        "key": 2**62,
        "name": "nämé \U0001f917" * 99,
        "size": -(2**62),
        "seen": True,
        "score": 0.1,
        "data": b"\0\xff",
    }
    with database.write() as connection:
        assert connection.execute(insert(THING).values(values)).inserted_primary_key == (2**62,)
    with database.read() as connection:
        assert dict(connection.execute(select(THING)).one()._mapping) == values
        found = connection.execute(select(THING.c.key).where(THING.c.size < 2**62, THING.c.key > 2**61)).scalars()
        assert list(found) == [2**62]
    row = database.fetch_one("SELECT size, seen FROM thing WHERE name = ? AND name LIKE 'n%'", (values["name"],))
    assert row == (-(2**62), True)


def test_keys_are_given(database: Database):
    with database.write() as connection:
        keys = [connection.execute(insert(THING).values(name=name)).inserted_primary_key for name in ("a", "b")]
    assert keys == [(1,), (2,)]


def test_sums_are_whole_numbers(database: Database):
    with database.write() as connection:
        connection.execute(insert(THING), [{"size": 2**40}, {"size": 2**40}])
        total, number, nothing = connection.execute(
            select(func.sum(THING.c.size), func.count(), func.coalesce(func.sum(THING.c.score), 0))
        ).one()
    assert (total, number, nothing) == (2**41, 2, 0)
    assert isinstance(total, int)


def test_texts_are_ordered_by_their_bytes(database: Database):
    names = ["B", "_", "a", "a-b", "a/b", "a0", "ab", "é"]
    with database.write() as connection:
        connection.execute(insert(THING), [{"name": name} for name in reversed(names)])
    with database.read() as connection:
        assert list(connection.execute(select(THING.c.name).order_by(THING.c.name)).scalars()) == names
        second = select(THING.c.name).where(func.substr(THING.c.name, 2, 1) == "-")
        assert list(connection.execute(second).scalars()) == ["a-b"]
        within = select(THING.c.name).where(THING.c.name >= "a/", THING.c.name < "a0")
        assert list(connection.execute(within).scalars()) == ["a/b"]


def test_upserts(database: Database):
    adding = upsert(THING)
    putting = adding.on_conflict_do_update(index_elements=["name"], set_={"size": THING.c.size + adding.excluded.size})
    with database.write() as connection:
        connection.execute(putting, [{"name": "a", "size": 1}, {"name": "b", "size": 5}])
        connection.execute(putting, [{"name": "a", "size": 2}])
        connection.execute(upsert(THING).on_conflict_do_nothing(), [{"name": "b", "size": 9}])
    with database.read() as connection:
        rows = connection.execute(select(THING.c.name, THING.c.size).order_by(THING.c.name)).all()
    assert [tuple(row) for row in rows] == [("a", 3), ("b", 5)]


def test_writers_take_turns(database: Database):
    """Each sees what the one before it wrote, so no count is lost."""
    with database.write() as connection:
        connection.execute(insert(THING).values(key=1, size=0))

    def count(_: int) -> None:
        with database.write() as connection:
            size = connection.execute(select(THING.c.size)).scalar_one()
            connection.execute(THING.update().values(size=size + 1))

    with ThreadPoolExecutor(8) as executor:
        list(executor.map(count, range(40)))
    assert database.fetch_one("SELECT size FROM thing", ()) == (40,)


def test_rows_may_be_left_unread(database: Database):
    with database.write() as connection:
        connection.execute(insert(THING), [{"size": size} for size in range(500)])
    with database.read() as connection:
        streaming = {"stream_results": True}
        with connection.execute(select(THING.c.size).order_by(THING.c.size), execution_options=streaming) as rows:
            assert [row.size for row, _ in zip(rows, range(3), strict=False)] == [0, 1, 2]
        assert connection.execute(select(func.count()).select_from(THING)).scalar() == 500


def test_it_finds_itself_whole(database: Database):
    assert database.check() == []
