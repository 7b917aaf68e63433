from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.hub.git import programs
from holdfast.hub.git.programs import Program, check_protocol


@pytest.mark.parametrize("header", [None, "version=2", "version=1", "version=2:other=x", "x"])
def test_protocol_headers(header):
    assert check_protocol(header) == header


@pytest.mark.parametrize("header", ["", "version=2\n", "a b", "é", "$(id)", "x" * 201])
def test_odd_protocol_headers(header):
    with pytest.raises(InvalidInput, match="Git-Protocol"):
        check_protocol(header)


def test_nothing_of_this_machine_reaches_git(monkeypatch):
    monkeypatch.setenv("GIT_DIR", "/evil")
    monkeypatch.setenv("HOLDFAST_SECRET", "s")
    monkeypatch.setenv("HOME", "/root")
    for command in (programs.fetch(Path("/r"), "version=2"), programs.push(Path("/r"), Path("/h"), (5,), {"X": "y"})):
        assert "GIT_DIR" not in command.environment
        assert "HOLDFAST_SECRET" not in command.environment
        assert command.environment["GIT_CONFIG_GLOBAL"] == os.devnull
        assert command.environment["HOME"] != "/root"
    assert programs.fetch(Path("/r"), "version=2").environment["GIT_PROTOCOL"] == "version=2"
    assert "GIT_PROTOCOL" not in programs.fetch(Path("/r"), None).environment


def test_a_push_gets_its_hook_and_its_descriptors():
    command = programs.push(Path("/r"), Path("/h"), (5, 6), {"HOLDFAST_QUESTION": "5"})
    assert command.inherited == (5, 6)
    assert command.environment["HOLDFAST_QUESTION"] == "5"
    assert "core.hooksPath=/h" in command.arguments
    assert "receive.fsckObjects=true" in command.arguments


@pytest.mark.parametrize("program", list(Program))
def test_git_understands_every_setting(work, program):
    work.commit({"a": b"a"})
    command = programs.advertise(program, work.folder / ".git", None)
    finished = subprocess.run(
        command.arguments, env=command.environment, cwd=command.folder, capture_output=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    assert b"refs/heads/main" in finished.stdout
    assert finished.stderr == b""
