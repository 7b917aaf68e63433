"""A data directory, and `run`: one `holdfast` command in this process, as `main` would run it."""

from __future__ import annotations

import os

import pytest

from holdfast.accounts.service import AccountServices
from holdfast.app.schema import all_tables
from holdfast.backends.database.sqlite import SqliteDatabase
from holdfast.cli.data import open_accounts
from holdfast.cli.main import main


@pytest.fixture(autouse=True)
def data_dir(tmp_path, monkeypatch):
    """The tables are made from the metadata: migrations have tests of their own, and take longer."""
    folder = tmp_path / "data"
    monkeypatch.setenv("HOLDFAST_DATA_DIR", str(folder))
    monkeypatch.setattr(SqliteDatabase, "migrate", _create_tables)
    return folder


@pytest.fixture
def run(monkeypatch, capsys):
    """Returns exit status, standard output and standard error."""

    def command(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["holdfast", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return int(ended.value.code or 0), output.out, output.err

    before = os.umask(0o022)
    yield command
    os.umask(before)


@pytest.fixture
def services() -> AccountServices:
    """The same data directory, opened as a running server would have it."""
    with open_accounts() as opened:
        yield opened


def _create_tables(self: SqliteDatabase) -> None:
    with self.write() as connection:
        all_tables().create_all(connection)
        # For those who open the directory in a process of their own, with the real `migrate`.
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) PRIMARY KEY)")
        connection.exec_driver_sql("INSERT OR IGNORE INTO alembic_version VALUES (?)", (self.newest_revision(),))
