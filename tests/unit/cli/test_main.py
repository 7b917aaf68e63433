from __future__ import annotations

import subprocess
import sys


def test_help_names_the_groups(run):
    status, output, _ = run("--help")
    assert status == 0
    for group in ("user", "org", "token"):
        assert group in output


def test_help_loads_no_database():
    """What makes `holdfast --help` fast: nothing heavy is imported before a command runs."""
    heavy = {"sqlalchemy", "argon2", "pygit2", "rich"}
    code = f"import sys, holdfast.cli.main; sys.exit(str({heavy} & set(sys.modules)).replace('set()', '') or 0)"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")


def test_what_a_command_writes_is_nobody_elses_on_this_machine(run, data_dir):
    data_dir.mkdir(mode=0o755)
    assert run("user", "add", "alice", "--password", "correct-horse")[0] == 0
    readable = [path.name for path in data_dir.iterdir() if path.stat().st_mode & 0o077]
    assert readable == []
    assert (data_dir / "holdfast.sqlite").exists()
