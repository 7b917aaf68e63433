from __future__ import annotations

import os
import subprocess

import pytest

from holdfast.base.errors import InvalidInput
from holdfast.hub.git import hook
from holdfast.hub.git.domain import PushRefused
from holdfast.hub.git.hook import HookChannel, write_hook


@pytest.fixture
def channel(tmp_path):
    opened = HookChannel(os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT))
    yield opened
    opened.close()


def ask(folder, channel, lines):
    """Run the hook as receive-pack would."""
    write_hook(folder)
    process = subprocess.Popen(
        [folder / "pre-receive"],
        env={**channel.environment, "PATH": os.environ["PATH"], "GIT_QUARANTINE_PATH": "/some/where"},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=channel.inherited,
    )
    channel.child_started()
    process.stdin.write(lines)
    process.stdin.close()
    process.stdin = None
    return process


def test_accepted(tmp_path, channel):
    process = ask(tmp_path, channel, b"a b c\nd e f\n")
    assert channel.read_question() == b"/some/where\na b c\nd e f\n\n"
    assert not channel.is_decided
    channel.accept()
    assert channel.is_decided
    channel.wait_for_end()
    assert process.communicate(timeout=10)[1] == b""
    assert process.returncode == 0


def test_refused_with_a_reason(tmp_path, channel):
    process = ask(tmp_path, channel, b"a b c\n")
    channel.read_question()
    channel.refuse("First line: Grüße\nsecond\\n line $(id)")
    assert process.communicate(timeout=10)[1].decode() == "\nFirst line: Grüße\nsecond\\n line $(id)\n\n"
    assert process.returncode == 1


def test_a_server_that_dies_refuses(tmp_path, channel):
    process = ask(tmp_path, channel, b"a b c\n")
    channel.read_question()
    channel.close()
    process.communicate(timeout=10)
    assert process.returncode == 1


def test_git_that_dies_ends_the_question(channel):
    channel.child_started()
    assert channel.read_question() is None
    channel.accept()  # nobody listens: not an error
    channel.wait_for_end()


def test_endless_questions_are_refused(tmp_path, channel, monkeypatch):
    monkeypatch.setattr(hook, "_MAX_QUESTION_BYTES", 1000)
    process = ask(tmp_path, channel, b"a b c\n" * 500)
    with pytest.raises(PushRefused):
        channel.read_question()
    channel.refuse("too much")
    channel.close()
    process.communicate(timeout=10)
    assert process.returncode != 0


def test_long_reasons_never_block(tmp_path, channel):
    process = ask(tmp_path, channel, b"a b c\n")
    channel.read_question()
    channel.refuse("line\n" * 100_000)
    assert len(process.communicate(timeout=10)[1]) < 20_000


def test_the_hook_is_put_back(tmp_path):
    write_hook(tmp_path)
    path = tmp_path / "pre-receive"
    path.write_text("exit 0")
    write_hook(tmp_path)
    assert "HOLDFAST_QUESTION" in path.read_text()
    assert os.access(path, os.X_OK)
    assert [entry.name for entry in tmp_path.iterdir()] == ["pre-receive"]


def test_folders_that_run_no_programs_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(InvalidInput, match="can run programs"):
        write_hook(tmp_path)
