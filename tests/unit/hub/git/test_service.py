"""Whole pushes through receive-pack, the hook and the service."""

from __future__ import annotations

import threading

import pytest

from holdfast.base.errors import Forbidden, LoginRequired, RepoNotFound
from holdfast.base.identity import ANONYMOUS
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.git_storage.pointers import LfsPointer, format_lfs_pointer

MODEL = RepoType.MODEL
ALICE_M = RepoId("alice", "m")


def refs(hub, name="alice/m"):
    return {ref.full_name: ref.target for ref in hub.repos.reads.list_refs(hub.alice, MODEL, RepoId.parse(name))}


def test_an_accepted_push_is_indexed(hub, work, pusher):
    repo = hub.create()
    tip = work.commit({"a.txt": b"a"})
    status, said = pusher.push(work, hub.alice, repo, "+main:main", "main:refs/heads/topic")
    assert status == 0, said
    assert refs(hub) == {"refs/heads/main": tip, "refs/heads/topic": tip}
    assert hub.paths("alice/m") == ["a.txt"]
    assert hub.repos.index.recover() == []
    assert hub.put("alice/m", "b.txt").oid != tip  # the lock is free again


def test_a_refused_push_changes_nothing(hub, work, pusher):
    repo = hub.create()
    before = refs(hub)
    folders = sorted(hub.repos.pool.path(repo.key).rglob("objects/*"))
    work.commit({"a.txt": b"a"})
    status, said = pusher.push(work, hub.alice, repo, "main:refs/x/y")
    assert status != 0
    assert "remote: refs/x/y is neither a branch" in said
    assert refs(hub) == before
    assert sorted(hub.repos.pool.path(repo.key).rglob("objects/*")) == folders
    hub.put("alice/m", "b.txt")


def test_rights_are_asked_for_each_ref(hub, work, pusher):
    repo = hub.create()
    pull = hub.repos.pulls.open_pull_request(hub.bob, MODEL, ALICE_M, "title", "text")
    tip = work.commit({"a.txt": b"a"})
    status, said = pusher.push(work, hub.bob, repo, f"+main:{pull.ref}")
    assert status == 0, said
    assert refs(hub)[pull.ref] == tip
    for wanted in ("refs/heads/x", "refs/tags/x"):
        status, said = pusher.push(work, hub.bob, repo, f"main:{wanted}")
        assert status != 0
        assert "rights" in said
    status, said = pusher.push(work, hub.alice, repo, "main:refs/pr/99")
    assert "Invalid rev id: refs/pr/99" in said


def test_large_files_are_claimed_in_time(hub, work, pusher):
    repo = hub.create()
    sha256 = hub.store_object(repo, b"large content")
    offered = "SELECT offered_at FROM object WHERE sha256 = ?"
    before = hub.database.fetch_one(offered, (sha256,))
    work.commit({"large.bin": format_lfs_pointer(LfsPointer(sha256, 13))})
    status, said = pusher.push(work, hub.alice, repo, "+main:main")
    assert status == 0, said
    assert hub.database.fetch_one(offered, (sha256,)) > before


def test_large_files_of_nobody_are_refused(hub, work, pusher):
    repo = hub.create()
    work.commit({"large.bin": format_lfs_pointer(LfsPointer("ab" * 32, 13))})
    status, said = pusher.push(work, hub.alice, repo, "+main:main")
    assert status != 0
    assert f"large.bin (object {'ab' * 32})" in said


def test_the_hook_refuses_when_nobody_answers(hub, git, work, pusher, monkeypatch):
    repo = hub.create()
    before = refs(hub)
    work.commit({"a.txt": b"a"})
    monkeypatch.setattr(type(git), "oversee", lambda self, actor, repo, channel: channel.close())
    status, _ = pusher.push(work, hub.alice, repo, "+main:main")
    assert status != 0
    assert refs(hub) == before


def test_a_push_that_never_asks_ends_the_overseer(hub, git):
    repo = hub.create()
    channel = git.open_channel(repo)
    channel.child_started()  # and it ended at once
    git.oversee(hub.alice, repo, channel)
    hub.put("alice/m", "b.txt")


def test_commits_wait_while_git_moves_refs(hub, work, pusher, monkeypatch):
    repo = hub.create()
    work.commit({"a.txt": b"a"})
    order = []
    wait = type(pusher.git.open_channel(repo)).wait_for_end

    def slowly(channel):
        order.append("moving")
        committer.start()
        committer.join(timeout=0.3)
        wait(channel)
        order.append("moved")

    committer = threading.Thread(target=lambda: (hub.put("alice/m", "b.txt"), order.append("committed")))
    monkeypatch.setattr("holdfast.hub.git.hook.HookChannel.wait_for_end", slowly)
    status, said = pusher.push(work, hub.alice, repo, "+main:main")
    committer.join(timeout=30)
    assert status == 0, said
    assert order == ["moving", "moved", "committed"]
    assert hub.paths("alice/m") == ["a.txt", "b.txt"]


def test_who_may_fetch_and_push(hub, git):
    hub.create()
    hub.create("alice/hidden", private=True)
    hidden = RepoId("alice", "hidden")
    assert git.find_for_fetch(ANONYMOUS, MODEL, ALICE_M).id == ALICE_M
    assert git.find_for_push(hub.alice, MODEL, hidden).id == hidden
    for find in (git.find_for_fetch, git.find_for_push):
        for actor, status in ((ANONYMOUS, 401), (hub.bob, 404)):
            for repo_id in (hidden, RepoId("alice", "absent")):
                with pytest.raises(RepoNotFound) as refusal:
                    find(actor, MODEL, repo_id)
                assert refusal.value.status == status
    with pytest.raises(LoginRequired):
        git.find_for_push(ANONYMOUS, MODEL, ALICE_M)
    with pytest.raises(Forbidden):
        git.find_for_push(hub.bob, MODEL, ALICE_M)
    hub.repos.pulls.open_pull_request(hub.bob, MODEL, ALICE_M, "title", "text")
    assert git.find_for_push(hub.bob, MODEL, ALICE_M).id == ALICE_M
