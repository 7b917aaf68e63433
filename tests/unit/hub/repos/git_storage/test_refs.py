import os
import time

import pytest

from holdfast.base.errors import Conflict, InvalidInput, Overloaded, RefExists, RevisionNotFound, StaleParent
from holdfast.hub.repos.git_storage import refs as refs_module
from holdfast.hub.repos.git_storage.processes import run_git
from holdfast.hub.repos.git_storage.refs import (
    RefKind,
    check_branch_name,
    check_tag_name,
    create_ref,
    create_tag,
    delete_ref,
    head_ref,
    list_refs,
    read_ref,
    set_head,
    update_ref,
)

MAIN = "refs/heads/main"


@pytest.fixture
def commits(bench):
    return [bench.commit({"a": b"%d" % number}) for number in range(3)]


@pytest.mark.parametrize("packed", [False, True])
def test_list_refs_by_kind(repo, bench, commits, packed):
    create_tag(repo, "v1", commits[0], bench.author(), None)
    create_tag(repo, "v2", commits[1], bench.author(), "a release")
    for name in ("refs/convert/parquet", "refs/pr/1", "refs/pr/12", "refs/other/x", "refs/heads/a/b"):
        create_ref(repo, name, commits[0])
    if packed:
        run_git(bench.path, "pack-refs", "--all")
    listed = {ref.full_name: ref for ref in list_refs(repo)}
    assert list(listed) == sorted(listed)
    assert "refs/other/x" not in listed
    assert [ref.name for ref in list_refs(repo, RefKind.BRANCH)] == ["a/b", "main"]
    assert [ref.name for ref in list_refs(repo, RefKind.PULL_REQUEST)] == ["1", "12"]
    assert [ref.name for ref in list_refs(repo, RefKind.CONVERT)] == ["parquet"]
    assert listed["refs/tags/v1"].target == commits[0]
    assert listed["refs/tags/v1"].tag_oid is None
    assert listed["refs/tags/v2"].target == commits[1]
    assert repo[listed["refs/tags/v2"].tag_oid].message == "a release\n"
    assert listed[MAIN].target == commits[2]
    run_git(bench.path, "fsck", "--strict")


def test_update_is_compare_and_swap(repo, commits):
    with pytest.raises(StaleParent):
        update_ref(repo, MAIN, commits[0], commits[1])
    with pytest.raises(StaleParent):
        update_ref(repo, MAIN, commits[0], None)
    with pytest.raises(StaleParent):
        update_ref(repo, "refs/heads/new", commits[0], commits[0])
    assert read_ref(repo, MAIN) == commits[2]
    update_ref(repo, MAIN, commits[0], commits[2])
    update_ref(repo, "refs/heads/new", commits[1], None)
    assert (read_ref(repo, MAIN), read_ref(repo, "refs/heads/new")) == (commits[0], commits[1])


def test_update_sees_what_another_handle_did(bench, repo, commits):
    assert read_ref(repo, MAIN) == commits[2]
    newest = bench.commit({"a": b"new"})
    with pytest.raises(StaleParent):
        update_ref(repo, MAIN, commits[0], commits[2])
    assert read_ref(repo, MAIN) == newest


def test_create_and_delete(repo, commits):
    create_ref(repo, "refs/heads/x", commits[0])
    with pytest.raises(RefExists, match="Reference refs/heads/x already exists"):
        create_ref(repo, "refs/heads/x", commits[1])
    for nested in ("refs/heads/x/y", "refs/heads/main/z"):
        with pytest.raises(Conflict):
            create_ref(repo, nested, commits[0])
    delete_ref(repo, "refs/heads/x")
    assert read_ref(repo, "refs/heads/x") is None
    create_ref(repo, "refs/heads/x/y", commits[0])
    with pytest.raises(RevisionNotFound, match="Invalid rev id: gone"):
        delete_ref(repo, "refs/heads/gone")
    with pytest.raises(Conflict, match="Cannot delete refs/heads/main"):
        delete_ref(repo, MAIN)


def test_tags(repo, bench, commits):
    create_tag(repo, "v1", commits[0], bench.author(), "text")
    with pytest.raises(RefExists, match="refs/tags/v1"):
        create_tag(repo, "v1", commits[1], bench.author(), "text")
    delete_ref(repo, "refs/tags/v1")
    create_tag(repo, "v1", commits[1], bench.author(), None)
    assert read_ref(repo, "refs/tags/v1") == commits[1]


def test_head(repo, commits):
    assert head_ref(repo) == MAIN
    create_ref(repo, "refs/heads/next", commits[0])
    set_head(repo, "refs/heads/next")
    assert head_ref(repo) == "refs/heads/next"
    delete_ref(repo, MAIN)


@pytest.mark.parametrize("name", [
    "", "HEAD", "refs/pr/5", "refs/something/random", "a..b", "a b", "a~1", "a^", "a:b", "x.lock", "/a", "a/", "a//b",
    "-x", "@{1}", "a\0b", "\ud800", "a" * 300, "0" * 40, ".a", "a/.b", "*",
])  # fmt: skip
def test_names_that_no_branch_or_tag_may_have(name):
    with pytest.raises(InvalidInput, match="Invalid reference for a branch"):
        check_branch_name(name)
    with pytest.raises(InvalidInput, match="Invalid reference for a tag"):
        check_tag_name(name)


@pytest.mark.parametrize("name", ["main", "v1.0", "feature/x", "été", "a-b_c", "0" * 39, "refs"])
def test_names_that_they_may_have(name):
    assert check_branch_name(name) == check_tag_name(name) == name


@pytest.mark.parametrize("lock_name", ["refs/heads/x.lock", "packed-refs.lock"])
def test_an_old_lock_file_is_removed_and_a_young_one_waited_for(repo, bench, commits, monkeypatch, lock_name):
    monkeypatch.setattr(refs_module, "_LOCK_PAUSE_SECONDS", 0.001)
    create_ref(repo, "refs/heads/x", commits[2])
    run_git(bench.path, "pack-refs", "--all")
    lock = bench.path / lock_name
    lock.write_bytes(b"")
    with pytest.raises(Overloaded):
        delete_ref(repo, "refs/heads/x")
    os.utime(lock, (time.time() - 120,) * 2)
    delete_ref(repo, "refs/heads/x")
    assert read_ref(repo, "refs/heads/x") is None


def test_refs_that_lead_to_no_commit_are_not_listed(repo, commits):
    tree = repo[commits[0]].tree_id
    repo.references.create("refs/tags/tree", tree)
    assert read_ref(repo, "refs/tags/tree") is None
    assert [ref.full_name for ref in list_refs(repo)] == [MAIN]
