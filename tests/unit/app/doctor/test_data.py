from __future__ import annotations

import sqlite3
import time

import pytest

from holdfast.app.doctor import data
from holdfast.app.doctor.domain import State
from holdfast.backends.database.sqlite import SqliteDatabase
from holdfast.base.settings import Settings


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


def test_a_fresh_directory_is_fine(folder):
    found = {check.name: check.state for check in data.checks(Settings(folder))}
    room = found.pop("disk space")  # as the machine has it
    assert room in State
    assert found == dict.fromkeys(
        ("data directory", "durable writes", "clock", "file systems", "secret key", "database"), State.OK
    )


def test_a_directory_that_is_yet_to_be_made_is_fine(tmp_path):
    first = next(data.checks(Settings(tmp_path / "a" / "b")))
    assert (first.state, first.name) == (State.OK, "data directory")
    assert not (tmp_path / "a").exists()


def test_notes_that_others_may_look_in(folder):
    folder.chmod(0o755)
    check = data.check_rights(folder)
    assert check.state is State.NOTE
    assert "chmod 700" in check.advice


def test_a_file_is_no_directory(tmp_path):
    (tmp_path / "file").touch()
    assert data.check_rights(tmp_path / "file").state is State.PROBLEM


@pytest.mark.parametrize(("free", "state"), [(2**29, State.PROBLEM), (2**32, State.NOTE), (2**40, State.OK)])
def test_room(folder, monkeypatch, free, state):
    usage = type("Usage", (), {"free": free, "total": 2**41})
    monkeypatch.setattr(data.shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(data.os, "statvfs", lambda _: type("Files", (), {"f_files": 0, "f_favail": 0}))
    assert data.check_room(folder).state is state


def test_a_clock_that_differs_from_the_disk(folder):
    assert data.check_clock(folder, lambda: time.time() + 60).state is State.PROBLEM
    assert "1970" in data.check_clock(folder, lambda: 0.0).finding


def test_secret_key(tmp_path):
    path = tmp_path / "secret.key"
    assert data.check_secret(path).state is State.OK
    path.write_bytes(b"x" * 31)
    path.chmod(0o600)
    assert data.check_secret(path).state is State.PROBLEM
    path.write_bytes(b"x" * 32)
    assert data.check_secret(path).state is State.OK
    path.chmod(0o640)
    assert "chmod 600" in data.check_secret(path).advice


def test_a_database_of_an_older_version(folder):
    SqliteDatabase(folder / "holdfast.sqlite").close()
    sqlite3.connect(folder / "holdfast.sqlite").close()
    check = data.check_database(Settings(folder))
    assert check.state is State.NOTE
    assert "holdfast migrate" in check.advice


def test_a_database_of_this_version(folder):
    database = SqliteDatabase(folder / "holdfast.sqlite")
    database.migrate()
    database.close()
    assert data.check_database(Settings(folder)).state is State.OK


def test_a_database_elsewhere_that_does_not_answer(folder):
    check = data.check_database(Settings(folder, database_url="postgresql://nobody@127.0.0.1:1/none"))
    assert check.state is State.PROBLEM
    assert "connection failed" in check.finding
    assert "postgresql.md" in check.advice


@pytest.mark.parametrize("damage", [b"\xff" * 4096, b""])
def test_a_damaged_database(folder, damage):
    path = folder / "holdfast.sqlite"
    database = SqliteDatabase(path)
    database.migrate()
    database.close()
    content = path.read_bytes()
    path.write_bytes(content[:8192] + damage + content[8192 + 4096 :] if damage else b"no database" * 500)
    check = data.check_database(Settings(folder))
    assert check.state is State.PROBLEM
    assert "--rebuild" in check.advice


def test_durable_writes_are_measured(folder, monkeypatch):
    assert data.check_durability(folder).state is State.OK
    assert list(folder.iterdir()) == []
    monkeypatch.setattr(data, "SLOW_FSYNC_SECONDS", 0.0)
    assert data.check_durability(folder).state is State.NOTE
