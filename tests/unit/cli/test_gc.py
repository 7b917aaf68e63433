from __future__ import annotations

import pytest

from tests.unit.app.conftest import open_instance


@pytest.fixture
def orphan(data_dir):
    """A large file that was uploaded and never committed."""
    instance = open_instance(data_dir)
    repo = instance.create_repo()
    instance.add_large(repo, "model.bin", b"kept" * 100)
    sha256 = instance.store(repo, b"orphan" * 500)
    instance.services.close()
    return sha256


def test_tells_what_it_would_do(run, orphan):
    status, output, _ = run("gc", "--dry-run", "--grace-days", "0")
    assert status == 0
    lines = output.splitlines()
    assert lines[0].split() == ["WHAT", "NUMBER", "SIZE", "WHY"]
    assert lines[1].split()[:5] == ["bytes", "in", "lfs/", "removed", "1"]
    assert lines[2].split()[:6] == ["plain", "files", "deleted", "1", "2.9", "KiB"]
    assert "no ref reaches it" in lines[2]
    assert "Would free 2.9 KiB (files on disk: 1). Objects that stay as they are: 1." in output
    assert lines[-1] == "Nothing was changed."


def test_names_each_file(run, orphan):
    _, output, _ = run("gc", "--verbose", "--grace-days", "0")
    assert f"deleted  {orphan}" in output
    assert f"removed  lfs/{orphan[:2]}" in output
    assert "Freed 2.9 KiB" in output
    assert run("gc", "--grace-days", "0")[1].startswith("Freed 0 B (files on disk: 0).")


def test_keeps_within_the_grace(run, orphan):
    assert run("gc")[1] == "Freed 0 B (files on disk: 0). Objects that stay as they are: 2.\n"


def test_stops_at_a_repo_that_cannot_be_read(run, orphan, data_dir):
    (data_dir / "repos" / "01" / "1.git" / "HEAD").unlink()
    status, output, errors = run("gc", "--grace-days", "0")
    assert (status, output) == (1, "")
    assert "holdfast fsck" in errors
