"""A PostgreSQL server of its own in a temporary folder, for tests; only a socket in that folder leads to it.

It knows nothing about Holdfast.
"""

from __future__ import annotations

import atexit
import functools
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

HOW = "PostgreSQL is not installed: sudo apt-get install postgresql"
START_TIMEOUT_SECONDS = 120
_DEBIAN = Path("/usr/lib/postgresql")
_USERS = ("postgres", "nobody")
_OPTIONS = ("fsync=off", "full_page_writes=off", "max_wal_size=128MB", "listen_addresses=",
            "max_connections=200", "logging_collector=off")  # fmt: skip
# A language's order, so that no test passes only because the server compares bytes by itself.
_CLUSTER = ("--auth=trust", "--username=holdfast", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8",
            "--locale-provider=icu", "--icu-locale=en-US", "--wal-segsize=1")  # fmt: skip


@dataclass
class PostgresqlServer:
    """A server. `folder` holds its socket and its data."""

    folder: Path
    programs: Path
    _process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, name: str) -> str:
        """Where a database is."""
        return f"postgresql://holdfast@/{name}?host={self.folder}"

    def create(self, template: str = "template1") -> str:
        """Make a new database and return its name."""
        name = f"test{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever uses it."""
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Run one statement beside all others."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def initialize(self) -> None:
        """Make the data."""
        command = [*_as_user(), str(self.programs / "initdb"), f"--pgdata={self.folder / 'data'}", *_CLUSTER]
        subprocess.run(command, check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = [f"--{option}" for option in (*_OPTIONS, f"unix_socket_directories={self.folder}")]
        command = [*_as_user("--pdeathsig=QUIT"), str(self.programs / "postgres"), "-D", str(self.folder / "data")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *options], cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not self._answers():
            alive = self._process.poll() is None and time.monotonic() < deadline
            assert alive, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.05)

    def stop(self) -> None:
        """End it as a crash does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


def find_programs() -> Path | None:
    """The folder of `initdb` and `postgres`, the newest where there are several; None: not installed."""
    versions = [path.parent for path in _DEBIAN.glob("*/bin/initdb")]
    if versions:
        return max(versions, key=lambda path: int(path.parent.name))
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def postgresql_server() -> Iterator[PostgresqlServer]:
    """Start one; nothing of it is left at the end. Skips the test where PostgreSQL is not installed."""
    programs = find_programs()
    if programs is None:
        pytest.skip(HOW)
    folder = Path(tempfile.mkdtemp(prefix="holdfast-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _user())
        server = PostgresqlServer(folder, programs)
        server.initialize()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


@functools.cache
def shared_server() -> PostgresqlServer:
    """One for all tests of this process; it ends with it."""
    stack = ExitStack()
    server = stack.enter_context(postgresql_server())
    atexit.register(stack.close)
    return server


def _as_user(*options: str) -> list[str]:
    """PostgreSQL refuses to run as root."""
    who = [f"--reuid={_user()}", "--clear-groups"] if os.geteuid() == 0 else []
    return ["setpriv", *who, *options] if who or options else []


def _user() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _USERS if name in known)
