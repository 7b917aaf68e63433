"""History of files through the service."""

from __future__ import annotations

import pytest

from holdfast.base.errors import EntryNotFound, GatedRepo, InvalidInput, RepoNotFound, RevisionNotFound, TooLarge
from holdfast.base.identity import ANONYMOUS
from holdfast.base.ids import RepoId
from holdfast.hub.repos.domain import AddFile, DeleteFile, Gating
from holdfast.hub.repos.service.history import MAX_BLAMED_LINES, PATCHES_PAGE
from holdfast.hub.repos.service.lifecycle import SettingsChange
from tests.factories.hub import MODEL, Hub

M = RepoId("alice", "m")


def oids(hub: Hub, path: str, **options) -> list[str]:
    page = hub.repos.history.list_commits(hub.bob, MODEL, M, "main", path, **{"cursor": None, "limit": 50, **options})
    return [commit.oid for commit in page.commits]


def test_commits_of_one_path_also_of_one_that_is_gone(hub: Hub):
    hub.create()
    made = [hub.put("alice/m", "d/a.txt", b"1").oid, hub.put("alice/m", "b.txt", b"1").oid]
    made.append(hub.put("alice/m", "d/a.txt", b"2").oid)
    made.append(hub.commit("alice/m", DeleteFile("d/a.txt")).oid)
    assert oids(hub, "d/a.txt") == oids(hub, "/d/") == [made[3], made[2], made[0]]
    assert len(oids(hub, "")) == 5
    page = hub.repos.history.list_commits(hub.bob, MODEL, M, "main", "d", cursor=None, limit=2)
    assert oids(hub, "d", cursor=page.next_cursor) == [made[0]]
    with pytest.raises(EntryNotFound):
        oids(hub, "nowhere")
    with pytest.raises(RevisionNotFound):
        hub.repos.history.list_commits(hub.bob, MODEL, M, "none", "", cursor=None, limit=2)


def test_a_commit_comes_with_its_files_page_by_page(hub: Hub):
    hub.create()
    files = [AddFile(f"f{number:03}.txt", b"x\n") for number in range(PATCHES_PAGE + 3)]
    oid = hub.commit("alice/m", *files).oid
    first = hub.repos.history.show_commit(hub.bob, MODEL, M, oid[:10])
    assert (first.commit.oid, first.file_count, len(first.patches)) == (oid, PATCHES_PAGE + 3, PATCHES_PAGE)
    last = hub.repos.history.show_commit(hub.bob, MODEL, M, oid, first_file=first.next_file)
    assert [patch.change.path for patch in last.patches] == [file.path for file in files[-3:]]
    assert last.next_file is None
    beginning = hub.repos.history.show_commit(hub.bob, MODEL, M, first.commit.parents[0])
    assert [patch.change.path for patch in beginning.patches] == [".gitattributes"]


def test_blame_tells_lines_and_refuses_what_has_none(hub: Hub):
    repo = hub.create()
    old = hub.put("alice/m", "a.txt", b"one\r\ntwo\n").oid
    new = hub.put("alice/m", "a.txt", b"one\r\n2").oid
    found = hub.repos.history.blame(hub.bob, MODEL, M, "main", "a.txt")
    assert found.lines == ["one", "2"]
    assert [(span.start, span.oid) for span in found.blame.spans] == [(1, old), (2, new)]
    hub.put("alice/m", "b.bin", b"\0\1")
    hub.put_large(repo, "c.bin", b"x" * 100)
    hub.put("alice/m", "long.txt", b"\n" * (MAX_BLAMED_LINES + 1))
    for path, error in (("b.bin", InvalidInput), ("c.bin", InvalidInput), ("long.txt", TooLarge)):
        with pytest.raises(error):
            hub.repos.history.blame(hub.bob, MODEL, M, "main", path)
    with pytest.raises(EntryNotFound):
        hub.repos.history.blame(hub.bob, MODEL, M, "main", "d")


def test_strangers_learn_nothing_and_gates_close_what_files_hold(hub: Hub):
    hub.create(private=True)
    hub.put("alice/m", "a.txt", b"one")
    history = hub.repos.history
    calls = [
        lambda actor: history.list_commits(actor, MODEL, M, "main", "a.txt", cursor=None, limit=5),
        lambda actor: history.show_commit(actor, MODEL, M, "main"),
        lambda actor: history.blame(actor, MODEL, M, "main", "a.txt"),
    ]
    for call in calls:
        with pytest.raises(RepoNotFound):
            call(hub.bob)
    hub.repos.lifecycle.update_settings(hub.alice, MODEL, M, SettingsChange(private=False, gated=Gating.MANUAL))
    assert calls[0](ANONYMOUS).commits
    for call in calls[1:]:
        with pytest.raises(GatedRepo):
            call(hub.bob)


def test_a_page_of_a_commit_ends_where_its_lines_are_many(hub: Hub):
    hub.create()
    oid = hub.commit("alice/m", *(AddFile(f"f{number}.txt", b"x\n" * 900) for number in range(5))).oid
    first = hub.repos.history.show_commit(hub.bob, MODEL, M, oid)
    assert (len(first.patches), first.next_file) == (3, 3)
    last = hub.repos.history.show_commit(hub.bob, MODEL, M, oid, first_file=3)
    assert (len(last.patches), last.next_file) == (2, None)
