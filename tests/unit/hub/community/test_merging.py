from __future__ import annotations

import pytest

from holdfast.base.errors import Conflict, Forbidden, NotFound
from holdfast.base.ids import RepoId
from holdfast.hub.community.domain import CommitMade, StatusChange
from holdfast.hub.repos.domain import AddFile
from tests.factories.hub import MODEL

M = MODEL, RepoId("alice", "m")


@pytest.fixture
def pull(hub):
    return hub.commit("alice/m", AddFile("new.txt", b"new\n"), actor=hub.bob, create_pr=True).pull_request


def view(hub, community, num):
    return community.views.get_discussion(hub.alice, *M, num, diff=True)


def test_a_pull_request_shows_its_commits_and_changes(hub, community, pull):
    hub.commit("alice/m", AddFile("more.txt", b"more\n"), actor=hub.bob, revision=f"refs/pr/{pull}")
    hub.put("alice/m", "elsewhere.txt")
    seen = view(hub, community, pull)
    made = [named.event.what for named in seen.events[1:]]
    assert [type(what) for what in made] == [CommitMade, CommitMade]
    assert [named.author for named in seen.events] == ["bob", "bob", "bob"]
    assert "new.txt" in seen.diff
    assert "more.txt" in seen.diff
    assert "elsewhere.txt" not in seen.diff
    assert (seen.conflicts, seen.may_merge) == ((), True)


def test_every_changed_file_stands_on_some_page(hub, community):
    lines = b"".join(b"%d\n" % number for number in range(900))
    added = [AddFile(f"{number:02}.txt", lines) for number in range(8)]
    pull = hub.commit("alice/m", *added, actor=hub.bob, create_pr=True).pull_request
    seen, first = [], 0
    while first is not None:
        page = community.views.get_changes(hub.alice, *M, pull, first_file=first)
        assert page.file_count == 8
        assert page.patches
        seen += [patch.change.path for patch in page.patches]
        first = page.next_file
    assert seen == [f"{number:02}.txt" for number in range(8)]


def test_merging_brings_the_files_and_closes_it(hub, community, pull):
    before = view(hub, community, pull).diff
    oid = community.merges.merge(hub.alice, *M, pull, "Looks good.")
    assert hub.paths("alice/m") == [".gitattributes", "file.txt", "new.txt"]
    hub.put("alice/m", "later.txt")
    seen = view(hub, community, pull)
    assert (seen.discussion.status, seen.discussion.merge_oid) == ("merged", oid)
    assert seen.diff == before
    assert [named.event.what for named in seen.events][-1] == StatusChange("merged")
    assert "Looks good." in [getattr(named.event.what, "latest", None) and named.event.what.latest.text
                             for named in seen.events]  # fmt: skip
    with pytest.raises(Conflict, match="this one is merged"):
        community.merges.merge(hub.alice, *M, pull, None)
    with pytest.raises(Conflict, match="merged already"):
        community.discussions.change_status(hub.alice, *M, pull, "open")


def test_conflicts_are_named_and_keep_it_open(hub, community):
    pull = hub.commit("alice/m", AddFile("file.txt", b"mine\n"), create_pr=True).pull_request
    hub.put("alice/m", "file.txt", b"theirs\n")
    assert view(hub, community, pull).conflicts == ("file.txt",)
    with pytest.raises(Conflict, match=r"file\.txt"):
        community.merges.merge(hub.alice, *M, pull, None)
    assert view(hub, community, pull).discussion.status == "open"


def test_drafts_and_strangers_do_not_merge(hub, community, pull):
    with pytest.raises(Forbidden):
        community.merges.merge(hub.bob, *M, pull, None)
    community.discussions.change_status(hub.bob, *M, pull, "draft")
    with pytest.raises(Conflict, match="draft"):
        community.merges.merge(hub.alice, *M, pull, None)


def test_only_pull_requests_are_merged(hub, community):
    num = community.discussions.open_discussion(hub.bob, *M, "A question", "")
    with pytest.raises(NotFound):
        community.merges.merge(hub.alice, *M, num, None)
