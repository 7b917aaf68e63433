"""The index follows git, also when the process dies between a ref update and its indexing."""

from __future__ import annotations

import pytest

from holdfast.base.errors import RepoNotFound
from holdfast.base.ids import RepoId
from holdfast.hub.repos.domain import AddFile
from holdfast.hub.repos.service.indexing import RepoIndex
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
