"""PostgreSQL driver: one writer at a time by a lock of the database, among all servers and workers that share it.

Writes do not run as SERIALIZABLE: PostgreSQL then asks to repeat what failed, and the block of a `with` cannot be run
twice. A writer takes the lock before its first look at the data, so what it reads is what it writes upon.
Source: https://www.postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS. Knows nothing about the tables.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from holdfast.backends.database.migrations.runner import current_revision, migrate, newest_revision
from holdfast.backends.database.postgresql_dialect import DRIVER_NAME, Number
from holdfast.base.errors import InvalidInput, Overloaded, StorageFull

_WRITERS_LOCK = 0x401DFA57
_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_BEGIN_WRITING = f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({_WRITERS_LOCK})"
_CONNECTING = {
    "autocommit": True,  # BEGIN is said by us: with the lock, or as a snapshot
    "connect_timeout": 5,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "application_name": "holdfast",
}
# Where the power of a writer's machine is cut, its lock is held until PostgreSQL notices: hence the keepalives.
_CONFIGURE = """
SET lock_timeout = '30s';
SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4
"""
_BROKEN = """
SELECT 'index ' || c.relname || ' is not valid' FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace
UNION ALL
SELECT checksum_failures || ' blocks do not fit their checksum' FROM pg_stat_database
WHERE datname = current_database() AND checksum_failures > 0
"""
_TABLES = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
_UNAVAILABLE = ("08", "53", "55P03", "57", "58")
"""Classes of SQLSTATE: no connection, no resources, no lock in time, shut down or canceled, trouble of the system."""


class PostgresqlDatabase:
    """A database of a PostgreSQL server. Safe to share between threads; other processes and machines may use the same.

    Args:
        url: as libpq and SQLAlchemy write it: `postgresql://user:password@host/name`.
        pool_size: so many connections stay open for transactions; four times as many at once are the most.

    Raises:
        InvalidInput: it is no url, or nobody answers there as wished; says why.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self._write_lock = threading.Lock()
        try:
            self._engine = _engine(url, pool_size, max_overflow=3 * pool_size)
            # Apart, so that a single SELECT never waits for transactions that are at work elsewhere.
            self._single = _engine(url, pool_size // 2, max_overflow=pool_size // 2)
            self._engine.connect().close()
        except (ArgumentError, ValueError, DBAPIError) as error:
            raise InvalidInput(field="HOLDFAST_DATABASE_URL", problem=f"does not work: {_in_short(error)}") from error
        self._writing = self._engine.execution_options(holdfast_write=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """See `Database.read`."""
        with _translated(), _begun(self._engine) as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """See `Database.write`."""
        # The threads of a process wait here for each other, without a connection each.
        with self._write_lock, _translated(), _begun(self._writing) as connection:
            yield connection
            connection.commit()

    def fetch_one(self, sql: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
        """See `Database.fetch_one`. psycopg prepares what it has seen a few times."""
        with _translated():
            for _ in range(2):
                lent = self._single.raw_connection()
                driver = _driver(lent.driver_connection)
                try:
                    return driver.execute(_with_percents(sql), parameters).fetchone()
                except psycopg.OperationalError as error:
                    lost = error
                    if not driver.closed:
                        raise
                    lent.invalidate()
                    self._single.dispose()  # all were of a server that is no more
                finally:
                    lent.close()
            raise lost

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
        """See `Database.check`: broken indexes, blocks that failed their checksum, tables that cannot be read."""
        with self.read() as connection:
            found = [str(line) for line in connection.exec_driver_sql(_BROKEN).scalars()]
            tables = [str(name) for name in connection.exec_driver_sql(_TABLES).scalars()]
        return found + [problem for table in tables for problem in self._unreadable(table)]

    def close(self) -> None:
        """See `Database.close`."""
        self._engine.dispose()
        self._single.dispose()

    def _unreadable(self, table: str) -> list[str]:
        try:
            with _begun(self._engine) as connection:
                connection.exec_driver_sql(f"SELECT count(t.*) FROM {table} t")  # noqa: S608 - quoted by the database
        except DBAPIError as error:
            return [f"table {table}: {_in_short(error)}"]
        return []


def _engine(url: str, pool_size: int, *, max_overflow: int) -> Engine:
    engine = create_engine(
        make_url(url).set(drivername=DRIVER_NAME),
        pool_size=pool_size,
        max_overflow=max_overflow,
        connect_args=_CONNECTING,
        hide_parameters=True,  # an error goes into the log, where hashes of passwords and people's words don't belong
    )
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", _hide_details)
    return engine


def _configure(driver: psycopg.Connection[Any], _record: object) -> None:
    driver.execute(_CONFIGURE)
    driver.adapters.register_loader("numeric", Number)


def _begin(connection: Connection) -> None:
    is_write = connection.get_execution_options().get("holdfast_write", False)
    _driver(connection.connection.driver_connection).execute(_BEGIN_WRITING if is_write else _BEGIN_READING)


@contextmanager
def _begun(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction. Where BEGIN finds it broken, as after a restart of the database, a new one."""
    connection = engine.connect()
    try:
        try:
            connection.begin()
        except psycopg.OperationalError:
            if not _driver(connection.connection.driver_connection).closed:
                raise
            connection.invalidate()
            connection.close()
            engine.dispose()
            connection = engine.connect()
            connection.begin()
        yield connection
    finally:
        connection.close()


def _driver(connection: object) -> psycopg.Connection[Any]:
    assert isinstance(connection, psycopg.Connection)
    return connection


def _hide_details(context: ExceptionContext) -> None:
    """PostgreSQL's DETAIL repeats what was to be stored, where `hide_parameters` has no say."""
    error = context.original_exception
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        error.args = (error.diag.message_primary,)
        if context.sqlalchemy_exception is not None:
            context.sqlalchemy_exception.args = (f"({type(error).__name__}) {error.diag.message_primary}",)


@functools.lru_cache(maxsize=128)
def _with_percents(sql: str) -> str:
    """Psycopg's manner of placeholders."""
    return sql.replace("%", "%%").replace("?", "%s")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except PoolTimeoutError as error:
        raise Overloaded from error
    except DBAPIError as error:
        _raise_expected(error.orig)
        raise
    except psycopg.Error as error:
        _raise_expected(error)
        raise


def _raise_expected(error: BaseException | None) -> None:
    """Raise ours for what may happen to any server; return for everything else."""
    if isinstance(error, errors.DiskFull):
        raise StorageFull from error
    if isinstance(error, psycopg.OperationalError) and (error.sqlstate or "08").startswith(_UNAVAILABLE):
        raise Overloaded from error
    if isinstance(error, psycopg.DataError) and "NUL" in str(error):
        raise InvalidInput(field="text", problem="must not hold the character NUL") from error


def _in_short(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
