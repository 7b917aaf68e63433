"""Reading git data through the service."""

from __future__ import annotations

import pytest

from holdfast.base.errors import EntryNotFound, RevisionNotFound
from holdfast.base.ids import RepoId
from tests.factories.hub import MODEL, Hub

M = RepoId("alice", "m")


def size(hub: Hub, path: str, revision: str = "main") -> int:
    return hub.repos.reads.folder_size(hub.bob, MODEL, M, revision, path)


def test_the_size_of_the_repo_a_folder_and_a_file(hub: Hub):
    repo = hub.create()
    empty = size(hub, "")
    hub.put("alice/m", "d/a.txt", b"12")
    hub.put_large(repo, "d/e/b.bin", b"x" * 1000)
    assert size(hub, "") == empty + 1002
    assert size(hub, "d/") == 1002
    assert size(hub, "d/e/b.bin") == 1000
    with pytest.raises(EntryNotFound):
        size(hub, "nowhere")
    with pytest.raises(RevisionNotFound):
        size(hub, "", "nowhere")


def test_paths_of_strangers_do_not_fill_the_memory(hub: Hub):
    hub.create()
    entries = hub.repos.resolves._located
    for path, remembered in (("a" * 200, 1), ("a/" * 2000, 0)):
        before = len(entries)
        with pytest.raises(EntryNotFound):
            hub.repos.resolves.locate(hub.bob, MODEL, RepoId.parse("alice/m"), "main", path)
        assert len(entries) - before == remembered


def test_how_many_commits_there_are(hub: Hub):
    hub.create()
    hub.put("alice/m", "a.txt", b"one\n")
    assert hub.repos.reads.count_commits(hub.bob, MODEL, M, "main") == 2
