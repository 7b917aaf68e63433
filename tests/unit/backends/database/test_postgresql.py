"""What happens when PostgreSQL is not there, is full, or is asked for what it cannot keep."""

import multiprocessing
import threading

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError

from holdfast.backends.database.factory import open_database
from holdfast.backends.database.postgresql import PostgresqlDatabase
from holdfast.base.errors import InvalidInput, Overloaded, StorageFull
from tests.factories.databases import open_postgresql
from tests.postgresql import shared_server

EXPECTED = [
    (errors.DiskFull("could not extend file"), StorageFull),
    (errors.LockNotAvailable("canceling statement due to lock timeout"), Overloaded),
    (errors.TooManyConnections("sorry, too many clients already"), Overloaded),
    (psycopg.OperationalError("server closed the connection unexpectedly"), Overloaded),
]


@pytest.fixture
def database():
    opened = open_postgresql()
    with opened.write() as connection:
        connection.execute(text("CREATE TABLE count (number BIGINT, word TEXT)"))
        connection.execute(text("INSERT INTO count VALUES (0, '')"))
    yield opened
    opened.close()


@pytest.mark.parametrize(("error", "expected"), EXPECTED)
def test_complaints_within_transactions(database, error, expected):
    for transaction in (database.read, database.write):
        with pytest.raises(expected), transaction():
            raise OperationalError("SELECT 1", (), error)


def test_a_defect_stays_one(database):
    with pytest.raises(psycopg.ProgrammingError, match="does not exist"):
        database.fetch_one("SELECT * FROM missing", ())
    with pytest.raises(ProgrammingError, match="does not exist"), database.read() as connection:
        connection.exec_driver_sql("SELECT * FROM missing")


def test_it_was_started_anew(database):
    """Every connection of the pools is broken then; nobody notices."""
    with database.read() as one, database.read() as another:
        assert one.execute(text("SELECT 1")).scalar() == another.execute(text("SELECT 1")).scalar() == 1
    assert database.fetch_one("SELECT number FROM count", ()) == (0,)
    shared_server().stop()
    for use in (lambda: database.fetch_one("SELECT 1", ()), database.read().__enter__, database.write().__enter__):
        with pytest.raises(Overloaded):
            use()
    shared_server().start()
    assert database.fetch_one("SELECT number FROM count", ()) == (0,)
    with database.write() as connection:
        connection.execute(text("UPDATE count SET number = number + 1"))
    with database.read() as connection:
        assert connection.execute(text("SELECT number FROM count")).scalar() == 1


def test_it_goes_away_in_the_middle_of_a_write(database):
    def write() -> None:
        with database.write() as connection:
            connection.execute(text("UPDATE count SET number = 5"))
            shared_server().stop()
            shared_server().start()
            connection.execute(text("UPDATE count SET number = 6"))

    with pytest.raises(Overloaded):
        write()
    assert database.fetch_one("SELECT number FROM count", ()) == (0,)


def test_servers_take_turns(database):
    """The lock is the database's: writers of other processes wait for it too."""
    other = PostgresqlDatabase(database._engine.url.render_as_string(hide_password=False))
    done = threading.Event()

    def write() -> None:
        with other.write() as connection:
            connection.execute(text("UPDATE count SET number = number * 10"))
        done.set()

    thread = threading.Thread(target=write)
    with database.write() as connection:
        thread.start()
        assert not done.wait(0.3)
        connection.execute(text("UPDATE count SET number = 1"))
    thread.join()
    other.close()
    assert database.fetch_one("SELECT number FROM count", ()) == (10,)


def test_a_text_that_it_cannot_keep(database):
    with pytest.raises(InvalidInput, match="NUL"), database.write() as connection:
        connection.execute(text("UPDATE count SET word = :word"), {"word": "a\0b"})
    with pytest.raises(InvalidInput, match="NUL"):
        database.fetch_one("SELECT 1 FROM count WHERE word = ?", ("a\0b",))


def test_a_broken_index_is_told(database):
    with database.write() as connection:
        connection.execute(text("CREATE INDEX count_by_number ON count (number)"))
        broken = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'count_by_number'::regclass"
        connection.exec_driver_sql(broken)
    assert database.check() == ["index count_by_number is not valid"]


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("mysql://host/name", "must start with postgresql://"),
        ("postgresql://:port/", "does not work"),
        ("postgresql://somebody@127.0.0.1:1/holdfast", "does not work: connection failed"),
    ],
)
def test_urls_that_do_not_work(tmp_path, url, problem):
    with pytest.raises(InvalidInput, match=problem) as caught:
        open_database(url, tmp_path)
    assert caught.value.field == "HOLDFAST_DATABASE_URL"


@pytest.mark.heavy
def test_processes_may_migrate_at_the_same_time(database):
    url = database._engine.url.render_as_string(hide_password=False)
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_migrate, args=(url,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert database.revision() == database.newest_revision()


def _migrate(url):
    database = PostgresqlDatabase(url)
    database.migrate()
    database.close()
