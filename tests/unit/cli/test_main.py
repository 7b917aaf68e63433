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
