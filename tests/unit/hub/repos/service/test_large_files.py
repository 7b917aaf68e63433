"""Listing, deleting and handing on large files."""

from __future__ import annotations

import pytest

from holdfast.base.errors import Forbidden, GatedRepo, ObjectNotFound, RepoNotFound, RevisionNotFound
from holdfast.base.identity import ANONYMOUS, TokenRole
from holdfast.base.ids import RepoId
from holdfast.hub.repos.domain import AddFile, AddLargeFile, Gating, Repo
from holdfast.hub.repos.service.large_files import LargeFile, WantedFile
from holdfast.hub.repos.service.lifecycle import SettingsChange
from holdfast.hub.repos.store import pull_requests
from tests.factories.hub import MODEL, Hub, with_token


def listed(hub: Hub, repo: Repo, limit: int = 1000) -> dict[str, LargeFile]:
    files: dict[str, LargeFile] = {}
    cursor: str | None = ""
    while cursor is not None:
        page = hub.repos.large_files.list_large_files(hub.alice, MODEL, repo.id, after=cursor, limit=limit)
        files |= {file.stored.sha256: file for file in page.files}
        cursor = page.next_cursor
    return files


def branch_with(hub: Hub, repo: Repo, branch: str, path: str, content: bytes) -> str:
    hub.repos.branches.create_branch(hub.alice, MODEL, repo.id, branch, None)
    sha256 = hub.store_object(repo, content)
    hub.commit(str(repo.id), AddLargeFile(path, sha256, len(content)), revision=branch)
    return sha256


def delete(hub: Hub, repo: Repo, *sha256s: str, rewrite: bool = True) -> None:
    hub.repos.large_files.delete_large_files(hub.alice, MODEL, repo.id, sha256s, rewrite_history=rewrite)


def test_the_list_names_path_and_ref_size_and_day(hub: Hub):
    repo = hub.create()
    one = hub.put_large(repo, "one.bin", b"1" * 10)
    two = branch_with(hub, repo, "other", "deep/two.bin", b"2" * 20)
    stray = hub.store_object(repo, b"never committed")
    files = listed(hub, repo)
    assert set(files) == {one, two, stray}
    assert (files[one].place.path, files[one].place.ref.name) == ("one.bin", "main")
    assert (files[two].place.path, files[two].place.ref.name) == ("deep/two.bin", "other")
    assert files[two].stored.size_bytes == 20
    assert files[stray].place is None
    assert files[one].stored.linked_at < files[two].stored.linked_at


def test_pages_go_on_where_the_last_one_ended(hub: Hub):
    repo = hub.create()
    stored = {hub.store_object(repo, bytes([number])) for number in range(5)}
    assert set(listed(hub, repo, limit=2)) == stored
    page = hub.repos.large_files.list_large_files(hub.alice, MODEL, repo.id, after="", limit=5)
    assert page.next_cursor is None


def test_files_of_the_past_are_listed_too(hub: Hub):
    repo = hub.create()
    old = hub.put_large(repo, "model.bin", b"old")
    new = hub.put_large(repo, "model.bin", b"new")
    files = listed(hub, repo)
    assert files[old].place.path == files[new].place.path == "model.bin"


def test_only_writers_list(hub: Hub):
    repo = hub.create()
    for actor in (hub.bob, with_token(hub.alice, TokenRole.READ)):
        with pytest.raises(Forbidden):
            hub.repos.large_files.list_large_files(actor, MODEL, repo.id, after="", limit=1)


def test_deleting_takes_the_file_out_of_every_commit_and_leaves_the_rest(hub: Hub):
    repo = hub.create()
    hub.put("alice/m", "notes.txt", b"kept")
    one = hub.put_large(repo, "one.bin", b"1")
    bad = hub.put_large(repo, "two.bin", b"2")
    hub.repos.branches.create_tag(hub.alice, MODEL, repo.id, "main", "v1", "annotated")
    other = branch_with(hub, repo, "other", "three.bin", b"3")
    old_head = hub.put("alice/m", "notes.txt", b"newer").oid
    delete(hub, repo, one, bad)
    assert set(listed(hub, repo)) == {other}
    assert hub.paths("alice/m") == [".gitattributes", "notes.txt"]
    assert hub.paths("alice/m", "v1") == [".gitattributes", "notes.txt"]
    assert hub.paths("alice/m", "other") == [".gitattributes", "notes.txt", "three.bin"]
    with pytest.raises(RevisionNotFound):
        hub.paths("alice/m", old_head)
    commits = hub.repos.history.list_commits(hub.alice, MODEL, repo.id, "main", "", cursor=None, limit=50).commits
    assert len(commits) == 5
    info = hub.repos.infos.repo_info(hub.alice, MODEL, repo.id, None, parts=("usedStorage",))
    assert info.commit_oid == commits[0].oid
    assert info.extras == {"usedStorage": 1}
    refs = {ref.full_name: ref for ref in hub.repos.reads.list_refs(hub.alice, MODEL, repo.id)}
    assert refs["refs/tags/v1"].tag_oid is not None
    hub.put("alice/m", "more.txt", b"the repo still takes commits")
    assert "more.txt" in hub.paths("alice/m")


def test_without_rewriting_the_pointer_stays_and_leads_nowhere(hub: Hub):
    repo = hub.create()
    gone = hub.put_large(repo, "one.bin", b"1")
    head = hub.repos.infos.repo_info(hub.alice, MODEL, repo.id, None, parts=()).commit_oid
    delete(hub, repo, gone, rewrite=False)
    assert listed(hub, repo) == {}
    assert hub.repos.infos.repo_info(hub.alice, MODEL, repo.id, None, parts=()).commit_oid == head
    located = hub.repos.resolves.locate(hub.alice, MODEL, repo.id, "main", "one.bin")
    with pytest.raises(ObjectNotFound):
        hub.objects.open_linked(located.repo_key, located.entry.sha256)


def test_another_repo_keeps_the_same_object(hub: Hub):
    first, second = hub.create("alice/one"), hub.create("alice/two")
    shared = hub.put_large(first, "a.bin", b"shared")
    hub.put_large(second, "b.bin", b"shared")
    delete(hub, first, shared)
    assert set(listed(hub, second)) == {shared}
    hub.objects.open_linked(second.key, shared).close()


def test_deleting_what_is_not_there_changes_nothing(hub: Hub):
    repo = hub.create()
    kept = hub.put_large(repo, "one.bin", b"1")
    head = hub.repos.infos.repo_info(hub.alice, MODEL, repo.id, None, parts=()).commit_oid
    delete(hub, repo, "ab" * 32)
    assert set(listed(hub, repo)) == {kept}
    assert hub.repos.infos.repo_info(hub.alice, MODEL, repo.id, None, parts=()).commit_oid == head


def test_a_file_may_come_back_after_its_deletion(hub: Hub):
    repo = hub.create()
    gone = hub.put_large(repo, "one.bin", b"1")
    delete(hub, repo, gone)
    assert hub.put_large(repo, "one.bin", b"1") == gone
    assert set(listed(hub, repo)) == {gone}


def test_pull_requests_are_rewritten_and_remember_their_merge(hub: Hub):
    repo = hub.create()
    bad = hub.put_large(repo, "one.bin", b"1")
    merge_oid = hub.put("alice/m", "merged.txt").oid
    pr = hub.commit("alice/m", AddFile("pr.txt", b""), actor=hub.bob, create_pr=True)
    with hub.database.write() as connection:
        pull_requests.set_status(connection, repo.key, pr.pull_request, "merged", merge_oid=merge_oid)
    delete(hub, repo, bad)
    with hub.database.read() as connection:
        pull = pull_requests.get_pull_request(connection, repo.key, pr.pull_request)
    head = hub.repos.infos.repo_info(hub.alice, MODEL, repo.id, None, parts=()).commit_oid
    assert (pull.status, pull.merge_oid) == ("merged", head)
    assert hub.paths("alice/m", f"refs/pr/{pr.pull_request}") == [".gitattributes", "merged.txt", "pr.txt"]


def test_strangers_delete_nothing(hub: Hub):
    repo = hub.create()
    kept = hub.put_large(repo, "one.bin", b"1")
    with pytest.raises(Forbidden):
        hub.repos.large_files.delete_large_files(hub.bob, MODEL, repo.id, [kept], rewrite_history=True)
    assert set(listed(hub, repo)) == {kept}


def duplicate(hub: Hub, actor, *wanted: WantedFile, source: str = "alice/m", target: str = "bob/copy") -> list[str]:
    ends = ((MODEL, RepoId.parse(source)), (MODEL, RepoId.parse(target)))
    return [failure.sha256 for failure in hub.repos.large_files.duplicate_large_files(actor, *ends, wanted)]


def test_files_are_handed_on_without_an_upload(hub: Hub):
    repo, copy = hub.create(), hub.create("bob/copy")
    one = hub.put_large(repo, "one.bin", b"1")
    absent = "ab" * 32
    assert duplicate(hub, hub.bob, WantedFile(one, None), WantedFile(absent, None)) == [absent]
    hub.commit("bob/copy", AddLargeFile("again.bin", one, None), actor=hub.bob)
    hub.objects.open_linked(copy.key, one).close()


def test_a_wrong_xet_hash_is_refused(hub: Hub):
    repo = hub.create()
    hub.create("bob/copy")
    one = hub.put_large(repo, "one.bin", b"1")
    assert duplicate(hub, hub.bob, WantedFile(one, "cd" * 32)) == [one]


def test_nobody_takes_files_that_they_may_not_read(hub: Hub):
    repo = hub.create(private=True)
    hub.create("bob/copy")
    one = hub.put_large(repo, "one.bin", b"1")
    with pytest.raises(RepoNotFound):
        duplicate(hub, hub.bob, WantedFile(one, None))
    change = SettingsChange(private=False, gated=Gating.MANUAL)
    hub.repos.lifecycle.update_settings(hub.alice, MODEL, repo.id, change)
    with pytest.raises(GatedRepo):
        duplicate(hub, hub.bob, WantedFile(one, None))


def test_nobody_puts_files_where_they_may_not(hub: Hub):
    repo = hub.create()
    hub.create("bob/copy", private=True)
    one = hub.put_large(repo, "one.bin", b"1")
    for actor in (ANONYMOUS, hub.alice):
        with pytest.raises(RepoNotFound):
            duplicate(hub, actor, WantedFile(one, None))
