from __future__ import annotations

import os
import shutil
import threading
import time

import pytest
from sqlalchemy import text

from holdfast.app.fsck import check
from holdfast.app.maintenance import maintain
from holdfast.app.server import prepare
from holdfast.base.errors import Conflict, ObjectNotFound
from holdfast.hub.objects.garbage import Action
from holdfast.hub.repos.domain import AddLargeFile
from holdfast.hub.repos.git_storage import maintenance as git_maintenance
from holdfast.hub.repos.git_storage.commits import create_commit
from holdfast.hub.repos.service import collecting


def test_what_a_ref_reaches_stays_also_when_it_was_deleted_since(instance):
    repo = instance.create_repo()
    first, second = (instance.add_large(repo, "model.bin", content) for content in (b"one" * 100, b"two" * 100))
    instance.delete(repo, "model.bin")
    report = maintain(instance.services, grace_seconds=0)
    assert (report.objects.kept, report.objects.verdicts, report.objects.removals) == (2, (), ())
    assert instance.read(first), instance.read(second)


def test_what_no_ref_reaches_goes_after_the_grace(instance):
    repo = instance.create_repo()
    kept = instance.add_large(repo, "model.bin", b"kept" * 100)
    orphan = instance.store(repo, b"never committed" * 100)
    assert maintain(instance.services).objects.verdicts == ()
    dry = maintain(instance.services, grace_seconds=0, dry_run=True)
    assert [(verdict.target.sha256, verdict.action) for verdict in dry.objects.verdicts] == [(orphan, Action.DELETE)]
    assert dry.objects.freed_bytes == 1500
    assert instance.read(orphan)
    assert maintain(instance.services, grace_seconds=0).objects.freed_bytes == 1500
    assert instance.read(kept) == b"kept" * 100
    with pytest.raises(ObjectNotFound):
        instance.read(orphan)


def test_a_large_file_of_a_pull_request_stays(instance):
    repo = instance.create_repo()
    sha256 = instance.store(repo, b"proposed" * 100)
    instance.commit(repo, AddLargeFile("model.bin", sha256, 800), create_pr=True)
    assert maintain(instance.services, grace_seconds=0).objects.removals == ()


def test_what_was_taken_out_for_good_goes_though_a_pointer_stays(instance):
    repo, other = instance.create_repo(), instance.create_repo("other")
    sha256, shared = (instance.add_large(repo, "model.bin", content) for content in (b"one" * 100, b"two" * 100))
    instance.add_large(other, "model.bin", b"two" * 100)
    take_out(instance, repo, sha256, shared)
    assert list(check(instance.services)) == []
    assert maintain(instance.services, grace_seconds=0).objects.freed_bytes == 300
    assert list(check(instance.services, deep=True)) == []
    assert instance.read(shared) == b"two" * 100


def test_what_came_back_after_it_was_taken_out_stays(instance):
    repo = instance.create_repo()
    sha256 = instance.add_large(repo, "model.bin", b"one" * 100)
    take_out(instance, repo, sha256)
    instance.store(repo, b"one" * 100)
    assert maintain(instance.services, grace_seconds=0).objects.removals == ()
    assert list(check(instance.services)) == []


def take_out(instance, repo, *sha256s):
    large_files = instance.services.repos.large_files
    large_files.delete_large_files(instance.alice, repo.type, repo.id, sha256s, rewrite_history=False)


def test_a_commit_that_is_under_way_keeps_its_files(instance):
    repo = instance.create_repo()
    sha256 = instance.store(repo, b"claimed" * 100)
    claimed, collecting_began = threading.Event(), threading.Event()

    def slow_commit(*arguments, **options):
        claimed.set()
        collecting_began.wait(10)
        time.sleep(0.1)  # the collection is waiting for us by now
        return create_commit(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("holdfast.hub.repos.service.committing.create_commit", slow_commit)
        committer = threading.Thread(target=instance.commit, args=(repo, AddLargeFile("model.bin", sha256, 700)))
        committer.start()
        assert claimed.wait(10)
        time.sleep(0.005)  # so that the claim is older than the collection
        collecting_began.set()
        report = maintain(instance.services, grace_seconds=0)
        committer.join()
    assert report.objects.removals == ()
    assert instance.read(sha256) == b"claimed" * 100


def test_nothing_is_removed_when_a_repo_cannot_be_read(instance):
    repo, other = instance.create_repo(), instance.create_repo("other")
    orphan = instance.store(other, b"orphan" * 100)
    shutil.rmtree(instance.services.repos.pool.path(repo.key))
    with pytest.raises(Conflict, match=rf"Repo {repo.key} cannot be read.*fsck"):
        maintain(instance.services, grace_seconds=0)
    assert instance.read(orphan)


def test_nothing_is_removed_when_git_misses_an_object(instance):
    repo = instance.create_repo()
    sha256 = instance.add_large(repo, "folder/model.bin", b"large" * 100)
    objects = instance.services.repos.pool.path(repo.key) / "objects"
    for folder in objects.glob("[0-9a-f][0-9a-f]"):
        shutil.rmtree(folder)
    with pytest.raises(Conflict):
        maintain(instance.services, grace_seconds=0)
    assert instance.read(sha256)


class TestFolders:
    def test_a_folder_that_a_deleted_repo_left_goes_after_a_day(self, instance, monkeypatch):
        repo, pool = instance.create_repo(), instance.services.repos.pool
        _delete_row(instance, repo.key)
        assert maintain(instance.services).removed_repos == ()
        monkeypatch.setattr(collecting, "DAY_SECONDS", -1)
        assert maintain(instance.services, dry_run=True).removed_repos == (repo.key,)
        assert pool.exists(repo.key)
        assert maintain(instance.services).removed_repos == (repo.key,)
        assert not pool.exists(repo.key)

    def test_folders_that_the_database_never_knew_stop_everything(self, instance, monkeypatch):
        monkeypatch.setattr(collecting, "DAY_SECONDS", -1)
        repo = instance.create_repo()
        orphan = instance.store(repo, b"orphan")
        instance.services.repos.pool.create(repo.key + 2)
        for act in (maintain, prepare):
            with pytest.raises(Conflict, match=r"fsck --rebuild"):
                act(instance.services)
        assert instance.services.repos.pool.exists(repo.key + 2)
        assert instance.read(orphan)

    def test_a_creation_that_was_cut_short_stops_nothing(self, instance, monkeypatch):
        monkeypatch.setattr(collecting, "DAY_SECONDS", -1)
        repo = instance.create_repo()
        instance.services.repos.pool.create(repo.key + 1)
        assert prepare(instance.services) == []
        assert maintain(instance.services).removed_repos == ()

    def test_trash_goes(self, instance):
        left = instance.services.repos.pool.path(1).parents[1] / "trash" / "1-left"
        left.mkdir()
        maintain(instance.services, dry_run=True)
        assert left.exists()
        maintain(instance.services)
        assert not left.exists()

    def test_repos_with_many_loose_objects_are_rolled_up(self, instance, monkeypatch):
        monkeypatch.setattr(git_maintenance, "MAX_LOOSE_OBJECTS", -1)
        repo = instance.create_repo()
        instance.add(repo, "a.txt", b"a")
        assert maintain(instance.services, dry_run=True).tidied_repos == ()
        assert maintain(instance.services).tidied_repos == (repo.key,)
        assert list((instance.services.repos.pool.path(repo.key) / "objects" / "pack").glob("*.pack"))
        instance.add(repo, "b.txt", b"b")


def _delete_row(instance, key):
    with instance.services.database.write() as connection:
        connection.execute(text("DELETE FROM repo WHERE key = :key"), {"key": key})


def test_an_old_object_is_condemned_first(instance):
    repo = instance.create_repo()
    orphan = instance.store(repo, b"orphan" * 100)
    then = int(time.time() * 1000) - 23 * 24 * 3600 * 1000
    with instance.services.database.write() as connection:
        connection.execute(text("UPDATE object SET offered_at = :then"), {"then": then})
    os.utime(next(instance.services.settings.data_dir.glob(f"objects/*/*/*/{orphan}")), (0, 0))
    report = maintain(instance.services)
    assert [verdict.action for verdict in report.objects.verdicts] == [Action.CONDEMN]
    assert maintain(instance.services).objects.verdicts == ()
    assert instance.read(orphan)
