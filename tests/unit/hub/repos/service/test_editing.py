from __future__ import annotations

import pytest

from holdfast.base.errors import (
    Conflict,
    EntryNotFound,
    Forbidden,
    InvalidCard,
    InvalidPath,
    LoginRequired,
    RepoNotFound,
    RevisionNotFound,
    StaleParent,
    TooLarge,
)
from holdfast.base.identity import ANONYMOUS, Permission
from holdfast.base.ids import RepoId
from holdfast.hub.repos.domain import CommitHeader
from holdfast.hub.repos.service.editing import MAX_EDITED_BYTES, EditService, FileChange
from tests.factories.hub import MODEL

M = MODEL, RepoId("alice", "m")


@pytest.fixture
def edits(hub):
    hub.create("alice/m")
    hub.put("alice/m", "file.txt", b"one\n")
    return EditService(hub.database, hub.gate, hub.repos.pool, hub.repos.pulls, hub.repos.commits)


def save(hub, edits, path, text, *, old_path=None, parent=None, actor=None, revision="main", **options):
    header = CommitHeader("edit", "", parent)
    change = FileChange(path, old_path, text)
    return edits.save(actor or hub.alice, *M, revision, header, change, **options)


def read(hub, edits, path="file.txt", revision="main"):
    return edits.open_file(hub.alice, *M, revision, path).text


def test_what_is_read_is_saved_again(hub, edits):
    file = edits.open_file(hub.alice, *M, "main", "file.txt")
    assert (file.text, file.target.may_commit, file.target.may_propose) == ("one\n", True, True)
    save(hub, edits, "file.txt", "two\n", old_path="file.txt", parent=file.target.head_oid)
    assert read(hub, edits) == "two\n"


def test_others_may_commit_elsewhere_meanwhile(hub, edits):
    head_oid = edits.find_target(hub.alice, *M, "main").head_oid
    hub.put("alice/m", "other.txt")
    save(hub, edits, "file.txt", "two\n", old_path="file.txt", parent=head_oid)
    assert hub.paths("alice/m") == [".gitattributes", "file.txt", "other.txt"]


def test_what_others_changed_meanwhile_is_not_overwritten(hub, edits):
    head_oid = edits.find_target(hub.alice, *M, "main").head_oid
    hub.put("alice/m", "file.txt", b"theirs\n")
    for create_pr in (False, True):
        with pytest.raises(StaleParent):
            save(hub, edits, "file.txt", "mine\n", old_path="file.txt", parent=head_oid, create_pr=create_pr)
    assert read(hub, edits) == "theirs\n"
    save(
        hub, edits, "file.txt", "mine\n", old_path="file.txt", parent=edits.find_target(hub.alice, *M, "main").head_oid
    )
    assert read(hub, edits) == "mine\n"


def test_a_form_whose_commit_is_gone_is_out_of_date(hub, edits):
    for parent in ("0" * 40, "no such branch"):
        with pytest.raises(StaleParent):
            save(hub, edits, "file.txt", "two\n", old_path="file.txt", parent=parent)
    assert read(hub, edits) == "one\n"


def test_a_deletion_minds_what_others_changed_too(hub, edits):
    head_oid = edits.find_target(hub.alice, *M, "main").head_oid
    hub.put("alice/m", "file.txt", b"theirs\n")
    with pytest.raises(StaleParent):
        save(hub, edits, "file.txt", None, old_path="file.txt", parent=head_oid)
    save(hub, edits, "file.txt", None, old_path="file.txt")
    assert hub.paths("alice/m") == [".gitattributes"]


def test_renaming_moves_the_text(hub, edits):
    save(hub, edits, "folder/new.txt", "two\n", old_path="file.txt")
    assert hub.paths("alice/m") == [".gitattributes", "folder/new.txt"]
    assert read(hub, edits, "folder/new.txt") == "two\n"


@pytest.mark.parametrize("old_path", [None, "file.txt"])
def test_nothing_is_put_over_another_file(hub, edits, old_path):
    hub.put("alice/m", "taken.txt", b"here\n")
    with pytest.raises(Conflict, match=r"taken\.txt exists"):
        save(hub, edits, "taken.txt", "new\n", old_path=old_path)


def test_line_ends_stay_as_they_are(hub, edits):
    hub.put("alice/m", "windows.txt", b"one\r\ntwo\r\n")
    assert read(hub, edits, "windows.txt") == "one\ntwo\n"
    save(hub, edits, "windows.txt", "one\ntwo\nthree\n", old_path="windows.txt")
    located = hub.repos.resolves.locate(hub.alice, *M, "main", "windows.txt")
    assert hub.repos.resolves.read_regular(located) == b"one\r\ntwo\r\nthree\r\n"


@pytest.mark.parametrize(
    ("path", "content", "error"),
    [
        ("a.txt", b"\xff\xfe", Conflict),
        ("b.txt", b"x" * (MAX_EDITED_BYTES + 1), TooLarge),
        (None, None, EntryNotFound),
    ],
)
def test_only_text_is_edited(hub, edits, path, content, error):
    if path:
        hub.put("alice/m", path, content)
    with pytest.raises(error):
        read(hub, edits, path or "absent.txt")


def test_large_files_are_not_edited(hub, edits):
    with hub.database.read() as connection:
        repo = hub.gate.find(connection, hub.alice, *M, Permission.SEE_REPO)
    hub.put_large(repo, "large.bin", b"content")
    with pytest.raises(Conflict, match="large file"):
        read(hub, edits, "large.bin")


def test_strangers_propose(hub, edits):
    target = edits.find_target(hub.bob, *M, "main")
    assert (target.may_commit, target.may_propose) == (False, True)
    with pytest.raises(Forbidden):
        save(hub, edits, "file.txt", "two\n", old_path="file.txt", actor=hub.bob)
    num = save(hub, edits, "file.txt", "two\n", old_path="file.txt", actor=hub.bob, create_pr=True).pull_request
    mine = edits.find_target(hub.bob, *M, f"refs/pr/{num}")
    assert (mine.may_commit, mine.may_propose) == (True, False)
    save(hub, edits, "file.txt", "three\n", old_path="file.txt", actor=hub.bob, revision=f"refs/pr/{num}")
    assert read(hub, edits, revision=f"refs/pr/{num}") == "three\n"
    assert read(hub, edits) == "one\n"


def test_others_do_not_touch_a_pull_request(hub, edits):
    num = save(hub, edits, "file.txt", "two\n", old_path="file.txt", create_pr=True).pull_request
    with pytest.raises(Forbidden):
        edits.find_target(hub.bob, *M, f"refs/pr/{num}")


def test_who_may_not_see_it_edits_nothing(hub, edits):
    with pytest.raises(LoginRequired):
        edits.find_target(ANONYMOUS, *M, "main")
    hub.create("alice/private", private=True)
    with pytest.raises(RepoNotFound):
        edits.find_target(hub.bob, MODEL, RepoId("alice", "private"), "main")


def test_tags_and_commits_stay(hub, edits):
    hub.repos.branches.create_tag(hub.alice, *M, "main", "v1", None)
    head_oid = edits.find_target(hub.alice, *M, "main").head_oid
    for revision in ("v1", "refs/tags/v1", head_oid, "absent"):
        with pytest.raises(RevisionNotFound):
            edits.find_target(hub.alice, *M, revision)


@pytest.mark.parametrize("path", ["", "../up", "a//b", ".git/config"])
def test_paths_that_may_not_be(hub, edits, path):
    with pytest.raises(InvalidPath):
        save(hub, edits, path, "x")


def test_bad_metadata_is_named(hub, edits):
    with pytest.raises(InvalidCard) as caught:
        save(hub, edits, "README.md", "---\nlicense: [\n---\n")
    assert caught.value.errors
