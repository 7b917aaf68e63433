"""The server is killed in the middle of pushes: what it acknowledged stays, what it did not leaves no trace."""

from __future__ import annotations

import random
import subprocess
import threading
import time

import pytest

from tests.compat.git_user import GitUser
from tests.live_server import User, free_port, live_server, start

ALICE = User("alice")


@pytest.fixture
def owner(tmp_path):
    port = free_port()
    with live_server(tmp_path / "data", users=[ALICE], port=port) as server:
        (tmp_path / "home").mkdir()
        user = GitUser(server, ALICE, tmp_path / "home")
        user.api("POST", "repos/create", {"name": "crashed", "type": "model"})
        yield user


def restart(owner):
    """As after a power cut: same data, same address."""
    port = int(owner.server.url.rsplit(":", 1)[1])
    owner.server.process = start(owner.server.data_dir, port=port).process


def bare(owner):
    return next(owner.server.data_dir.glob("repos/*/*.git"))


def refs_on_disk(owner):
    lines = owner.git(f"--git-dir={bare(owner)}", "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return dict(line.split() for line in lines)


def check_whole(owner):
    """Git, index and files agree, and nothing half-done is left."""
    assert owner.refs("alice/crashed") == refs_on_disk(owner)
    assert owner.git(f"--git-dir={bare(owner)}", "fsck", "--full", "--no-dangling").strip() == ""
    assert [*bare(owner).glob("refs/**/*.lock"), *bare(owner).glob("*.lock.lock")] == []


def begin_push(owner, work, *refs):
    """Push in a thread; join it, then read the outcome."""
    outcome: list[subprocess.CompletedProcess[str]] = []
    pusher = threading.Thread(target=lambda: outcome.append(owner.try_git("push", "-q", "origin", *refs, folder=work)))
    pusher.start()
    return pusher, outcome


@pytest.mark.parametrize("rounds", [4, pytest.param(40, marks=pytest.mark.heavy)])
def test_killed_at_random_moments_of_pushes(owner, rounds):
    chance = random.Random(11)
    work = owner.clone("alice/crashed")
    for number in range(rounds):
        files = {f"round{number}/{part}.txt": str(chance.random()) * 20 for part in range(chance.choice([2, 400]))}
        oid = owner.commit(work, files, f"round {number}")
        pusher, outcome = begin_push(owner, work, "HEAD:main", "HEAD:refs/heads/copy")
        time.sleep(chance.uniform(0, 0.25))
        owner.server.kill()
        pusher.join()
        restart(owner)
        refs = owner.refs("alice/crashed")
        if outcome[0].returncode == 0:
            assert refs["refs/heads/main"] == refs["refs/heads/copy"] == oid
            assert owner.api("GET", "models/alice/crashed")["sha"] == oid
        check_whole(owner)
    owner.git("push", "-q", "origin", "HEAD:main", "HEAD:refs/heads/copy", folder=work)
    assert set(owner.refs("alice/crashed").values()) == {owner.git("rev-parse", "HEAD", folder=work).strip()}


def test_stopping_waits_for_a_push_or_drops_it_whole(owner):
    work = owner.clone("alice/crashed")
    oid = owner.commit(work, {f"{part}.txt": f"{part} " * 50 for part in range(1500)})
    pusher, outcome = begin_push(owner, work, "main")
    time.sleep(0.1)
    owner.server.stop()
    pusher.join()
    restart(owner)
    assert (owner.refs("alice/crashed")["refs/heads/main"] == oid) is (outcome[0].returncode == 0)
    check_whole(owner)
