from __future__ import annotations

import pytest

from tests.unit.app.conftest import open_instance


@pytest.fixture
def filled(data_dir):
    instance = open_instance(data_dir)
    instance.add_large(instance.create_repo(), "model.bin", b"large" * 100)
    instance.services.close()


@pytest.mark.parametrize("words", [(), ("--deep",)])
def test_clean(run, filled, words):
    assert run("fsck", *words) == (0, "No problems, no notes.\n", "")


def test_problems_end_with_1(run, filled, data_dir):
    next(data_dir.glob("objects/lfs/*/*/*")).unlink()
    status, output, _ = run("fsck")
    assert status == 1
    assert output.startswith("PROBLEM: file ")
    assert output.endswith("1 problem, no notes.\n")


def test_notes_end_with_0(run, filled, data_dir):
    (data_dir / "repos" / "01" / "1.git" / "holdfast.json").unlink()
    status, output, _ = run("fsck")
    assert status == 0
    assert output.startswith("note: model alice/bert: ")
    assert output.endswith("No problems, 1 note.\n")


def test_rebuilds_a_lost_database(run, filled, data_dir):
    for path in data_dir.glob("holdfast.sqlite*"):
        path.unlink()
    status, output, _ = run("fsck", "--rebuild", "--deep")
    assert status == 0
    assert "Took 1 stored files and xorbs" in output
    assert "Restored model alice/bert" in output
    assert "passwords, access tokens" in output
    assert "holdfast user passwd NAME" in output
    assert output.endswith("No problems, no notes.\n")
    assert "alice" in run("user", "list")[1]
