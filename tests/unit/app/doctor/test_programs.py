from __future__ import annotations

import pytest

from holdfast.app.doctor import programs
from holdfast.app.doctor.domain import State


@pytest.fixture
def path(tmp_path, monkeypatch):
    """An empty PATH, to which `put` adds programs."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def put(name, output="", status=0):
        script = tmp_path / name
        script.write_text(f"#!/bin/sh\necho '{output}'\nexit {status}\n")
        script.chmod(0o755)

    return put


def test_git_is_needed(path):
    check = programs.check_git()
    assert check.state is State.PROBLEM
    assert "apt-get install git" in check.advice


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ("git version 2.39.5", State.OK),
        ("git version 2.30.0", State.OK),
        ("git version 3.1", State.OK),
        ("git version 2.29.9", State.PROBLEM),
        ("what?", State.PROBLEM),
    ],
)
def test_git_must_be_new_enough(path, version, state):
    path("git", version)
    assert programs.check_git().state is state


def test_optional_programs_are_notes(path):
    assert programs.check_optional("bubblewrap", ("bwrap",), "why").state is State.NOTE
    path("bwrap")
    assert programs.check_optional("bubblewrap", ("bwrap",), "why").state is State.OK


def test_gpu(path, monkeypatch, tmp_path):
    monkeypatch.setattr(programs, "NVIDIA_DRIVER", tmp_path / "version")
    assert "None found" in programs.check_gpu().finding
    (tmp_path / "version").touch()
    assert "driver" in programs.check_gpu().finding
    path("nvidia-smi", "GPU 0: Model X (UUID: GPU-1)")
    assert programs.check_gpu().finding == "GPU 0: Model X."
    path("nvidia-smi", "failed", status=9)
    assert "does not work" in programs.check_gpu().finding


def test_open_files(monkeypatch):
    monkeypatch.setattr(programs.resource, "getrlimit", lambda _: (256, 256))
    assert programs.check_descriptors().state is State.NOTE


def test_missing_model_libraries_are_a_note_with_the_command(monkeypatch):
    monkeypatch.setattr(programs, "find_spec", lambda name: None if name == "torch" else object())
    check = programs.check_model_libraries()
    assert (check.state, "torch" in check.finding) == (State.NOTE, True)
    assert 'pip install "holdfast[inference]"' in check.advice


def test_model_libraries_are_named_with_their_versions(monkeypatch):
    monkeypatch.setattr(programs, "find_spec", lambda name: object())
    monkeypatch.setattr(programs, "version", lambda name: f"1.2-{name}")
    check = programs.check_model_libraries()
    assert (check.state, check.finding) == (State.OK, "torch 1.2-torch, transformers 1.2-transformers.")
