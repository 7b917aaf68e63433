"""The index follows git, also when the process dies between a ref update and its indexing."""

from __future__ import annotations

import shutil

import pytest

from holdfast.base.errors import RepoNotFound, StorageFull
from holdfast.base.ids import RepoId
from holdfast.hub.repos.domain import AddFile, DeleteFolder
from holdfast.hub.repos.service.facts import FactReader
from holdfast.hub.repos.service.indexing import RefChanges, RepoIndex
from holdfast.hub.repos.store import repos
from tests.factories.hub import MODEL, Hub


class Killed(BaseException):
    """The process ends here."""


def pending(hub: Hub) -> list[int]:
    with hub.database.read() as connection:
        return repos.pending_keys(connection)


def indexed_head(hub: Hub, key: int) -> str | None:
    with hub.database.read() as connection:
        repo = repos.get_repo(connection, key)
    assert repo is not None
    return repo.head_oid


def test_a_crash_between_ref_and_index_is_put_right_at_the_next_start(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    repo = hub.create()

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(RepoIndex, "_write", die)
        with pytest.raises(Killed):
            hub.put("alice/m", "README.md", b"---\nlicense: mit\n---\n")
    assert indexed_head(hub, repo.key) == repo.head_oid
    assert pending(hub) == [repo.key]

    assert hub.repos.index.recover() == [repo.key]

    assert pending(hub) == []
    info = hub.repos.infos.repo_info(hub.alice, MODEL, repo.id, None, parts=())
    assert info.commit_oid != repo.head_oid
    assert "license:mit" in info.facts["tags"]


def test_an_error_before_the_ref_moves_leaves_nothing_pending(hub: Hub):
    repo = hub.create()
    with pytest.raises(ValueError, match="no"), hub.repos.index.changing(repo.key):
        raise ValueError("no")
    assert pending(hub) == []
    assert indexed_head(hub, repo.key) == repo.head_oid


def test_a_repo_deleted_meanwhile_is_not_committed_to(hub: Hub):
    repo = hub.create()
    staged = hub.repos.commits._stage(repo, [AddFile("a", b"")])
    hub.repos.lifecycle.delete_repo(hub.alice, MODEL, repo.id)
    with pytest.raises(RepoNotFound), hub.repos.index.changing(repo.key):
        pytest.fail(f"must not get here with {staged}")


def test_facts_follow_the_card_and_the_weights(hub: Hub):
    hub.create()
    hub.put("alice/m", "README.md", b"---\npipeline_tag: text-classification\ntags: [one]\n---\n")
    hub.put("alice/m", "deep/below/other.txt", b"no news")
    facts = hub.repos.infos.repo_info(hub.alice, MODEL, RepoId.parse("alice/m"), None, parts=()).facts
    assert facts["pipeline_tag"] == "text-classification"
    assert "one" in facts["tags"]


def test_facts_of_another_revision_are_its_own(hub: Hub):
    hub.create()
    old = hub.put("alice/m", "README.md", b"---\nlicense: mit\n---\n")
    hub.put("alice/m", "README.md", b"---\nlicense: apache-2.0\n---\n")
    info = hub.repos.infos.repo_info(hub.alice, MODEL, RepoId.parse("alice/m"), old.oid, parts=("siblings",))
    assert "license:mit" in info.facts["tags"]


def fail_once(patch: pytest.MonkeyPatch, error: Exception) -> None:
    def write_nothing(*_: object) -> None:
        raise error

    patch.setattr(RepoIndex, "_write", write_nothing)


def test_a_full_disk_after_the_ref_moved_moves_it_back(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    repo = hub.create()
    with monkeypatch.context() as patch:
        fail_once(patch, StorageFull())
        with pytest.raises(StorageFull):
            hub.put("alice/m", "a.txt")
        with pytest.raises(StorageFull):
            hub.repos.branches.super_squash(hub.alice, MODEL, repo.id, "main", None)
        with pytest.raises(StorageFull):
            hub.repos.branches.create_branch(hub.alice, MODEL, repo.id, "dev", None)
        with pytest.raises(StorageFull):
            hub.repos.branches.create_tag(hub.alice, MODEL, repo.id, "main", "v1", "an annotated tag")
        with pytest.raises(StorageFull):
            hub.commit("alice/m", AddFile("b.txt", b"b"), create_pr=True)
    assert pending(hub) == []
    refs = hub.repos.reads.list_refs(hub.alice, MODEL, repo.id)
    assert [(ref.full_name, ref.target) for ref in refs] == [("refs/heads/main", repo.head_oid)]
    assert hub.commit("alice/m", AddFile("b.txt", b"b"), create_pr=True).pull_request == 1


def test_a_deleted_annotated_tag_comes_back_as_it_was(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    repo = hub.create()
    hub.repos.branches.create_tag(hub.alice, MODEL, repo.id, "main", "v1", "an annotated tag")
    before = hub.repos.reads.list_refs(hub.alice, MODEL, repo.id)
    with monkeypatch.context() as patch:
        fail_once(patch, StorageFull())
        with pytest.raises(StorageFull):
            hub.repos.branches.delete_tag(hub.alice, MODEL, repo.id, "v1")
    assert hub.repos.reads.list_refs(hub.alice, MODEL, repo.id) == before


def test_what_could_not_be_taken_back_is_indexed_by_the_next_update(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    repo = hub.create()
    with monkeypatch.context() as patch:
        fail_once(patch, StorageFull())
        patch.setattr(RefChanges, "undo", lambda _: False)
        with pytest.raises(StorageFull):
            hub.repos.branches.create_branch(hub.alice, MODEL, repo.id, "left", None)
    assert pending(hub) == [repo.key]
    hub.put("alice/m", "a.txt")
    with hub.database.read() as connection:
        assert set(repos.list_refs(connection, repo.key)) == {"refs/heads/main", "refs/heads/left"}
    assert pending(hub) == []


def test_a_pull_request_that_a_crash_cut_off_is_gone_and_its_number_free(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    repo = hub.create()
    with monkeypatch.context() as patch:
        patch.setattr(RepoIndex, "_write", lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            hub.commit("alice/m", AddFile("a.txt", b"a"), create_pr=True)
    hub.repos.index.recover()
    assert [ref.full_name for ref in hub.repos.reads.list_refs(hub.alice, MODEL, repo.id)] == ["refs/heads/main"]
    assert hub.commit("alice/m", AddFile("a.txt", b"a"), create_pr=True).pull_request == 1


def test_a_damaged_repo_does_not_keep_the_others_from_being_put_right(hub: Hub):
    broken, whole = hub.create("alice/broken"), hub.create("alice/whole")
    with hub.database.write() as connection:
        for repo in (broken, whole):
            repos.update_repo(connection, repo.key, index_pending=True)
    shutil.rmtree(hub.repos.pool.path(broken.key) / "objects")
    assert hub.repos.index.recover() == [whole.key]
    assert pending(hub) == [broken.key]


def test_facts_are_read_again_only_where_they_can_have_changed(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    hub.create()
    hub.put("alice/m", "onnx.v1/model.onnx", b"x")
    reads: list[str] = []
    read = FactReader.read
    monkeypatch.setattr(FactReader, "read", lambda *args: reads.append("read") or read(*args))
    hub.put("alice/m", "notes/one", b"no suffix, no fact")
    assert reads == []
    hub.commit("alice/m", DeleteFolder("onnx.v1"))
    assert reads == ["read"]
