"""Create, delete, move, settings, duplicate."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from holdfast.accounts.auditing import AuditQuery
from holdfast.base.errors import Forbidden, InvalidInput, LoginRequired, RepoExists, RepoMoved, RepoNotFound
from holdfast.base.identity import ANONYMOUS, SYSTEM, Permission, TokenRole
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import Gating
from holdfast.hub.repos.service import description
from holdfast.hub.repos.service.lifecycle import SettingsChange
from tests.factories.hub import MODEL, Hub, with_token


def rid(text: str) -> RepoId:
    return RepoId.parse(text)


def find(hub: Hub, name: str, actor=None):
    with hub.database.read() as connection:
        return hub.gate.find(connection, actor or hub.alice, MODEL, rid(name), Permission.SEE_REPO)


def test_a_new_repo_has_one_commit_with_attributes(hub: Hub):
    repo = hub.create()
    assert repo.head_oid is not None
    assert hub.paths("alice/m") == [".gitattributes"]
    space = hub.create("alice/app", repo_type=RepoType.SPACE)
    info = hub.repos.infos.repo_info(hub.alice, RepoType.SPACE, space.id, None, parts=())
    assert info.facts["sdk"] == "static"


@pytest.mark.parametrize("repo_type", RepoType)
def test_a_license_is_said_in_the_first_commit(hub: Hub, repo_type: RepoType):
    create = hub.repos.lifecycle.create_repo
    repo = create(hub.alice, repo_type, rid("alice/licensed"), space_sdk="static", license_name="mit")
    info = hub.repos.infos.repo_info(hub.alice, repo_type, repo.id, None, parts=())
    assert info.facts["cardData"]["license"] == "mit"
    assert hub.repos.reads.count_commits(hub.alice, repo_type, repo.id, "main") == 1
    with pytest.raises(InvalidInput, match="license"):
        create(hub.alice, repo_type, rid("alice/mine"), license_name="mine")


def test_ids_are_unique_whatever_their_case_but_per_type(hub: Hub):
    hub.create("alice/Bert")
    with pytest.raises(RepoExists):
        hub.create("alice/bert")
    hub.create("alice/bert", repo_type=RepoType.DATASET)


@pytest.mark.parametrize("name", ["a..b", "a--b", "-a", "a.", "x" * 97, "a/b/c", "refs", "tree", "a.git", ""])
def test_names_that_may_not_be(hub: Hub, name: str):
    with pytest.raises(InvalidInput):
        hub.repos.lifecycle.create_repo(hub.alice, MODEL, RepoId("alice", name))


def test_who_may_create(hub: Hub):
    with pytest.raises(Forbidden):
        hub.repos.lifecycle.create_repo(hub.bob, MODEL, rid("alice/x"))
    with pytest.raises(LoginRequired):
        hub.repos.lifecycle.create_repo(ANONYMOUS, MODEL, rid("alice/x"))
    with pytest.raises(Forbidden):
        hub.repos.lifecycle.create_repo(with_token(hub.alice, TokenRole.READ), MODEL, rid("alice/x"))


def test_an_organization_can_be_private_by_default(hub: Hub):
    hub.accounts.accounts.create_organization(SYSTEM, "lab", owner="alice", private_by_default=True)
    assert hub.repos.lifecycle.create_repo(hub.alice, MODEL, rid("lab/x")).private
    assert not hub.repos.lifecycle.create_repo(hub.alice, MODEL, rid("lab/y"), private=False).private


def test_a_deleted_repo_leaves_nothing(hub: Hub):
    repo = hub.create()
    hub.repos.likes.like(hub.bob, MODEL, repo.id, liked=True)
    hub.repos.lifecycle.delete_repo(hub.alice, MODEL, repo.id)
    assert not hub.repos.pool.exists(repo.key)
    with pytest.raises(RepoNotFound):
        find(hub, "alice/m")
    again = hub.create()
    assert again.key != repo.key
    assert again.likes == 0


def test_a_moved_repo_is_found_under_both_ids(hub: Hub):
    hub.create()
    hub.put("alice/m", "a.txt")
    moved = hub.repos.lifecycle.move_repo(hub.alice, MODEL, rid("alice/m"), rid("alice/n"))
    assert str(moved.id) == "alice/n"
    assert "a.txt" in hub.paths("alice/n")
    with pytest.raises(RepoMoved) as caught:
        find(hub, "alice/m")
    assert caught.value.new_id == "alice/n"
    hub.create("alice/m")
    assert hub.paths("alice/m") == [".gitattributes"]


def test_moving_onto_another_repo_is_refused(hub: Hub):
    hub.create("alice/m")
    hub.create("alice/n")
    with pytest.raises(RepoExists, match="A model repository called alice/n already exists"):
        hub.repos.lifecycle.move_repo(hub.alice, MODEL, rid("alice/m"), rid("alice/n"))
    with pytest.raises(Forbidden):
        hub.repos.lifecycle.move_repo(hub.alice, MODEL, rid("alice/m"), rid("bob/m"))


def test_a_moved_private_repo_does_not_show_where_it_went(hub: Hub):
    hub.create("alice/m", private=True)
    hub.repos.lifecycle.move_repo(hub.alice, MODEL, rid("alice/m"), rid("alice/secret-name"))
    with pytest.raises(RepoNotFound):
        find(hub, "alice/m", hub.bob)


def test_settings(hub: Hub):
    repo = hub.create()
    changed = hub.repos.lifecycle.update_settings(
        hub.alice, MODEL, repo.id, SettingsChange(private=True, gated=Gating.MANUAL)
    )
    assert (changed.private, changed.gated) == (True, Gating.MANUAL)
    changed = hub.repos.lifecycle.update_settings(hub.alice, MODEL, repo.id, SettingsChange(gated=False))
    assert (changed.private, changed.gated) == (True, None)
    with pytest.raises(RepoNotFound):
        hub.repos.lifecycle.update_settings(hub.bob, MODEL, repo.id, SettingsChange(private=False))


def test_a_duplicate_shares_large_files_and_has_its_own_history(hub: Hub):
    source = hub.create()
    hub.put_large(source, "w.bin", b"weights")
    copy = hub.repos.lifecycle.duplicate_repo(hub.bob, MODEL, rid("alice/m"), rid("bob/m"))
    assert hub.paths("bob/m") == [".gitattributes", "w.bin"]
    hub.repos.lifecycle.delete_repo(hub.alice, MODEL, source.id)
    assert hub.paths("bob/m") == [".gitattributes", "w.bin"]
    with hub.database.read() as connection:
        assert hub.objects.repo_usage(connection, copy.key).size_bytes == 7


def test_a_duplicate_of_a_private_repo_is_private_unless_asked_otherwise(hub: Hub):
    hub.create(private=True)
    duplicate = hub.repos.lifecycle.duplicate_repo
    assert duplicate(hub.alice, MODEL, rid("alice/m"), rid("alice/n")).private
    assert not duplicate(hub.alice, MODEL, rid("alice/m"), rid("alice/o"), private=False).private


def test_a_duplicate_is_gated_as_its_source(hub: Hub):
    repo = hub.create()
    hub.repos.lifecycle.update_settings(hub.alice, MODEL, repo.id, SettingsChange(gated=Gating.MANUAL))
    copy = hub.repos.lifecycle.duplicate_repo(hub.alice, MODEL, rid("alice/m"), rid("alice/n"))
    assert copy.gated is Gating.MANUAL


def test_a_duplicate_tells_what_its_large_files_say(hub: Hub):
    hub.put_large(hub.create(), "config.json", b'{"model_type": "bert"}')
    hub.repos.lifecycle.duplicate_repo(hub.bob, MODEL, rid("alice/m"), rid("bob/m"))
    told = [
        hub.repos.infos.repo_info(hub.bob, MODEL, rid(name), None, parts=()).facts["config"]["model_type"]
        for name in ("alice/m", "bob/m")
    ]
    assert told == ["bert", "bert"]


def test_a_duplicate_waits_for_its_source_without_keeping_others_from_writing(hub: Hub):
    repo = hub.create()
    with ThreadPoolExecutor(1) as thread:
        with hub.repos.pool.lock(repo.key):
            copying = thread.submit(hub.repos.lifecycle.duplicate_repo, hub.bob, MODEL, rid("alice/m"), rid("bob/m"))
            time.sleep(0.2)
            hub.create("bob/other")  # writes to the database
            assert not copying.done()
        copying.result(10)
    assert hub.paths("bob/m") == [".gitattributes"]


def test_a_private_repo_cannot_be_duplicated_by_strangers(hub: Hub):
    hub.create(private=True)
    with pytest.raises(RepoNotFound):
        hub.repos.lifecycle.duplicate_repo(hub.bob, MODEL, rid("alice/m"), rid("bob/m"))


def test_the_folder_says_what_it_is(hub: Hub):
    repo = hub.create(private=True)
    hub.repos.lifecycle.move_repo(hub.alice, MODEL, repo.id, rid("alice/n"))
    said = description.read(hub.repos.pool.path(repo.key))
    assert said is not None
    assert (said["namespace"], said["name"], said["private"]) == ("alice", "n", True)


def test_a_folder_left_by_a_crash_does_not_stand_in_the_way(hub: Hub):
    hub.repos.pool.create(1)
    repo = hub.create()
    assert repo.key == 1
    assert hub.paths("alice/m") == [".gitattributes"]


def test_the_audit_log_remembers_who_did_what_to_a_repo(hub):
    lifecycle = hub.repos.lifecycle
    hub.create("alice/m")
    lifecycle.update_settings(hub.alice, MODEL, RepoId("alice", "m"), SettingsChange(private=True))
    lifecycle.duplicate_repo(hub.alice, MODEL, RepoId("alice", "m"), RepoId("alice", "copy"))
    lifecycle.move_repo(hub.alice, MODEL, RepoId("alice", "m"), RepoId("alice", "Moved"))
    lifecycle.delete_repo(hub.root, MODEL, RepoId("alice", "moved"))
    with pytest.raises(Forbidden):
        lifecycle.delete_repo(hub.bob, MODEL, hub.create("alice/public").id)
    events = hub.accounts.audit.list_events(hub.root, AuditQuery(), 6).events[::-1]
    assert [(event.actor, event.action.value, event.target) for event in events] == [
        ("alice", "repo.created", "model:alice/m"),
        ("alice", "repo.settings", "model:alice/m"),
        ("alice", "repo.created", "model:alice/copy"),
        ("alice", "repo.moved", "model:alice/m"),
        ("root", "repo.deleted", "model:alice/moved"),
        ("alice", "repo.created", "model:alice/public"),
    ]
    assert [dict(event.details) for event in events[1:4]] == [
        {"visibility": "private", "gated": "no"},
        {"source": "alice/m"},
        {"to": "alice/Moved"},
    ]
