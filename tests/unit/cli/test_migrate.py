from __future__ import annotations

import os
import subprocess

from tests.live_server import COMMAND


def migrate(data_dir, *words):
    """In a process of its own: this one's `migrate` is replaced in the tests of commands."""
    environment = {**os.environ, "HOLDFAST_DATA_DIR": str(data_dir)}
    command = [*COMMAND, "migrate", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def test_makes_the_tables_and_says_so(data_dir):
    first, second = migrate(data_dir), migrate(data_dir)
    assert first.startswith("Brought the tables from nothing to revision 0")
    assert second.startswith("The tables are up to date (revision 0")


def test_writes_nothing_when_no_migration_is_needed(data_dir):
    assert migrate(data_dir, "--new", "nothing") == "The migrations make every table already.\n"
