from datetime import UTC, datetime

import pytest

from holdfast.base.errors import RevisionNotFound
from holdfast.hub.repos.git_storage.commits import Author, create_commit, read_commit, tree_of
from holdfast.hub.repos.git_storage.edits import apply_edits
from holdfast.hub.repos.git_storage.object_writer import ObjectWriter
from holdfast.hub.repos.git_storage.processes import run_git


@pytest.fixture
def tree(repo):
    with ObjectWriter(repo) as writer:
        return apply_edits(repo, None, [], writer).oid


def test_round_trip(repo, tree):
    first = create_commit(repo, tree, [], Author("Ann", "ann@x.org", 1_700_000_000), "One")
    oid = create_commit(repo, tree, [first], Author("Bé", "b@x.org", 1_700_000_001), "Two", description="more\n\nlines")
    info = read_commit(repo, oid)
    assert (info.oid, info.tree_oid, info.parents) == (oid, tree, (first,))
    assert (info.summary, info.description) == ("Two", "more\n\nlines")
    assert (info.author_name, info.author_email) == ("Bé", "b@x.org")
    assert info.authored_at == datetime(2023, 11, 14, 22, 13, 21, tzinfo=UTC)
    assert read_commit(repo, first).description == ""
    assert tree_of(repo, oid) == tree


@pytest.mark.parametrize("word", ["", " <x>\n", "\0", "a\nparent 0000", "\ud800", "é" * 500, ".", "'"])
def test_hostile_names_and_messages_still_make_sound_commits(repo, bench, tree, word):
    oid = create_commit(repo, tree, [], Author(word, word, 1), word, description=word)
    assert run_git(bench.path, "cat-file", "-t", oid) == "commit\n"
    findings = run_git(bench.path, "fsck", "--strict", "--no-dangling", oid)
    assert "error" not in findings
    assert read_commit(repo, oid).parents == ()


def test_what_is_no_commit(repo, tree):
    for oid in (tree, "0" * 40):
        with pytest.raises(RevisionNotFound):
            read_commit(repo, oid)
        with pytest.raises(RevisionNotFound):
            tree_of(repo, oid)


def test_a_time_beyond_every_calendar(repo, bench, tree):
    text = f"tree {tree}\nauthor A <a> 99999999999999 +0000\ncommitter A <a> 1 +0000\n\n\nodd\n"
    info = read_commit(repo, str(repo.write(1, text.encode())))
    assert info.authored_at.year == 1970
    assert info.summary == "odd"
