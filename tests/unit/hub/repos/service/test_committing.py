"""Commits through the API: all or nothing, on the right parent, with objects that are really here."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from holdfast.base.errors import (
    Forbidden,
    InvalidCard,
    InvalidInput,
    InvalidPath,
    LoginRequired,
    NothingToDelete,
    RepoNotFound,
    RevisionNotFound,
    StaleParent,
)
from holdfast.base.identity import ANONYMOUS, TokenRole
from holdfast.base.ids import RepoId
from holdfast.hub.repos.domain import AddFile, AddLargeFile, DeleteFile, DeleteFolder
from holdfast.hub.repos.git_storage.pointers import LfsPointer, format_lfs_pointer
from tests.factories.hub import MODEL, Hub, with_token


def test_adds_and_deletes_in_one_commit(hub: Hub):
    hub.create()
    hub.commit("alice/m", AddFile("a.txt", b"1"), AddFile("d/b.txt", b"2"), AddFile("d/c.txt", b"3"))
    hub.commit("alice/m", DeleteFile("a.txt"), AddFile("e.txt", b"4"), DeleteFile("d/b.txt"))
    assert hub.paths("alice/m") == [".gitattributes", "d/c.txt", "e.txt"]
    hub.commit("alice/m", DeleteFolder("d"))
    assert hub.paths("alice/m") == [".gitattributes", "e.txt"]


def test_the_returned_oid_is_the_branch(hub: Hub):
    hub.create()
    result = hub.put("alice/m", "a.txt")
    refs = hub.repos.reads.list_refs(hub.alice, MODEL, RepoId.parse("alice/m"))
    assert [ref.target for ref in refs] == [result.oid]


def test_a_stale_parent_is_refused_and_changes_nothing(hub: Hub):
    hub.create()
    first = hub.put("alice/m", "a.txt")
    second = hub.commit("alice/m", AddFile("b.txt", b""), parent=first.oid)
    with pytest.raises(StaleParent):
        hub.commit("alice/m", AddFile("c.txt", b""), parent=first.oid)
    assert hub.paths("alice/m") == [".gitattributes", "a.txt", "b.txt"]
    hub.commit("alice/m", AddFile("c.txt", b""), parent=second.oid[:7])


def test_one_bad_operation_undoes_all(hub: Hub):
    hub.create()
    with pytest.raises(NothingToDelete):
        hub.commit("alice/m", AddFile("a.txt", b"1"), DeleteFile("absent.txt"))
    with pytest.raises(InvalidPath):
        hub.commit("alice/m", AddFile("a.txt", b"1"), AddFile("a.txt/b", b"2"))
    assert hub.paths("alice/m") == [".gitattributes"]


def test_an_empty_commit_is_a_commit(hub: Hub):
    hub.create()
    before = hub.put("alice/m", "a.txt")
    after = hub.commit("alice/m")
    assert after.oid != before.oid
    assert hub.paths("alice/m") == [".gitattributes", "a.txt"]


def test_ten_thousand_operations(hub: Hub):
    hub.create()
    hub.commit("alice/m", *(AddFile(f"d{number % 50}/f{number}", b"%d" % number) for number in range(10_000)))
    page = hub.repos.infos.repo_info(hub.alice, MODEL, RepoId.parse("alice/m"), None, parts=("siblings",))
    assert page.files is not None
    assert len(page.files) == 10_001


def test_a_large_file_must_have_been_uploaded_to_this_repo(hub: Hub):
    mine, theirs = hub.create(), hub.create("bob/secret", private=True)
    sha256 = hub.store_object(theirs, b"secret weights")
    with pytest.raises(InvalidInput, match="not uploaded to this repo"):
        hub.commit("alice/m", AddLargeFile("w.bin", sha256, 14))
    with pytest.raises(InvalidInput, match="not uploaded to this repo"):
        hub.commit("alice/m", AddLargeFile("w.bin", hashlib.sha256(b"never").hexdigest(), 5))
    own = hub.store_object(mine, b"weights")
    with pytest.raises(InvalidInput, match="7 bytes, not 8"):
        hub.commit("alice/m", AddLargeFile("w.bin", own, 8))
    hub.commit("alice/m", AddLargeFile("w.bin", own, None))
    assert "w.bin" in hub.paths("alice/m")


def test_a_broken_card_is_refused_with_its_reason(hub: Hub):
    hub.create()
    with pytest.raises(InvalidCard, match="license"):
        hub.put("alice/m", "README.md", b"---\nlicense: not-a-license\n---\n")
    hub.put("alice/m", "README.md", b"---\nlicense: mit\n---\n")


def test_only_branches_and_pull_requests_can_be_committed_to(hub: Hub):
    hub.create()
    oid = hub.put("alice/m", "a.txt").oid
    for revision in (oid, "absent", "refs/pr/7", "refs/tags/v1"):
        with pytest.raises(RevisionNotFound):
            hub.commit("alice/m", revision=revision)


def test_who_may_commit(hub: Hub):
    hub.create()
    hub.create("alice/hidden", private=True)
    with pytest.raises(Forbidden):
        hub.commit("alice/m", actor=hub.bob)
    with pytest.raises(LoginRequired):
        hub.commit("alice/m", actor=ANONYMOUS)
    with pytest.raises(Forbidden):
        hub.commit("alice/m", actor=with_token(hub.alice, TokenRole.READ))
    with pytest.raises(RepoNotFound):
        hub.commit("alice/hidden", actor=hub.bob)
    with pytest.raises(RepoNotFound):
        hub.commit("alice/hidden", actor=hub.bob, create_pr=True)


def test_a_stranger_opens_a_pull_request_and_goes_on_committing_to_it(hub: Hub):
    hub.create()
    opened = hub.commit("alice/m", AddFile("p.txt", b"p"), actor=hub.bob, create_pr=True)
    assert opened.pull_request == 1
    hub.commit("alice/m", AddFile("q.txt", b"q"), actor=hub.bob, revision="refs/pr/1")
    assert hub.paths("alice/m", "refs/pr/1") == [".gitattributes", "p.txt", "q.txt"]
    assert hub.paths("alice/m") == [".gitattributes"]
    assert hub.commit("alice/m", actor=hub.alice, create_pr=True).pull_request == 2
    with pytest.raises(Forbidden):
        hub.commit("alice/m", AddFile("r.txt", b"r"), actor=hub.bob, revision="refs/pr/2")


def test_commits_from_many_threads_lose_nothing(hub: Hub):
    hub.create()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: hub.put("alice/m", f"f{number}"), range(20)))
    assert len(hub.paths("alice/m")) == 21


def test_ids_ignore_case(hub: Hub):
    hub.create()
    hub.put("ALICE/M", "a.txt")
    assert "a.txt" in hub.paths("Alice/m")


def test_a_pointer_sent_as_a_file_gives_no_more_than_a_large_file(hub: Hub):
    """Whoever learns a hash could otherwise read what another repo keeps under it, by way of the facts."""
    secret = hub.store_object(hub.create("bob/m", private=True), b'{"model_type": "secret"}')
    hub.create()
    pointer = format_lfs_pointer(LfsPointer(secret, 24))
    with pytest.raises(InvalidInput, match="not uploaded"):
        hub.put("alice/m", "config.json", pointer)
    with pytest.raises(InvalidInput, match="not uploaded"):
        hub.put("alice/m", "notes/any.txt", pointer)
    assert hub.paths("alice/m") == [".gitattributes"]


def test_a_pointer_to_an_own_object_may_be_sent_as_a_file(hub: Hub):
    repo = hub.create()
    own = hub.store_object(repo, b"weights")
    with pytest.raises(InvalidInput, match="as declared"):
        hub.put("alice/m", "w.bin", format_lfs_pointer(LfsPointer(own, 8)))
    hub.put("alice/m", "w.bin", format_lfs_pointer(LfsPointer(own, 7)))
    located = hub.repos.resolves.locate(hub.alice, MODEL, repo.id, "main", "w.bin")
    assert located.entry.sha256 == own


def attributes_of(hub: Hub) -> str:
    with hub.repos.resolves.pool.open(1) as git:
        return git.revparse_single("main:.gitattributes").data.decode()


def test_a_large_file_that_no_rule_names_gets_one_in_the_same_commit(hub: Hub):
    repo = hub.create()
    before = attributes_of(hub)
    hub.put_large(repo, "w.bin", b"weights")
    assert attributes_of(hub) == before
    hub.put_large(repo, "data/train 1.json", b"{}")
    added = '"/data/train 1.json" filter=lfs diff=lfs merge=lfs -text\n'
    assert attributes_of(hub) == before + added
    hub.put_large(repo, "data/train 1.json", b"{} ")
    assert attributes_of(hub) == before + added


def test_rules_of_the_same_commit_count_and_an_absent_file_comes_back(hub: Hub):
    repo = hub.create()
    sha256 = hub.store_object(repo, b"weights")
    hub.commit("alice/m", AddLargeFile("a.foo", sha256, 7), AddFile(".gitattributes", b"*.foo filter=lfs"))
    assert attributes_of(hub) == "*.foo filter=lfs"
    hub.commit("alice/m", AddLargeFile("b.bar", sha256, 7))
    assert attributes_of(hub) == "*.foo filter=lfs\n/b.bar filter=lfs diff=lfs merge=lfs -text\n"
    hub.commit("alice/m", AddFile(".gitattributes", b""), DeleteFile("b.bar"), AddLargeFile("c.bar", sha256, 7))
    assert attributes_of(hub) == "/c.bar filter=lfs diff=lfs merge=lfs -text\n"
    hub.commit("alice/m", DeleteFile(".gitattributes"))
    assert attributes_of(hub) == "/c.bar filter=lfs diff=lfs merge=lfs -text\n"
    hub.commit("alice/m", AddFile("c.bar", b"small now"), AddFile(".gitattributes", b"*.foo filter=lfs"))
    assert attributes_of(hub) == "*.foo filter=lfs"
