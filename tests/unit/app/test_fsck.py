from __future__ import annotations

import json
import shutil

import pytest
from sqlalchemy import text

from holdfast.app.fsck import adopt_objects, check, rebuild_repos
from holdfast.base.identity import ANONYMOUS, SYSTEM, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.repos.domain import AddFile, AddLargeFile
from holdfast.hub.repos.service.lifecycle import SettingsChange
from holdfast.hub.repos.store import pull_requests, repos
from holdfast.hub.xet.domain import CasClaim, Scope
from holdfast.hub.xet.service.shards import Progress
from tests.factories.xet import claim_file, cut, index_chunks, write_shard
from tests.unit.app.conftest import open_instance

TAGS = "SELECT repo_key, name, uses, public_uses FROM repo_tag JOIN tag ON tag.id = tag_id"
LARGE = b"large" * 1000


@pytest.fixture
def filled(instance):
    """A model with a card, a large file and a pull request; a private data set."""
    repo = instance.create_repo()
    instance.add(repo, "README.md", b"---\nlicense: mit\npipeline_tag: fill-mask\n---\n# Bert\n")
    instance.add_large(repo, "model.bin", LARGE)
    instance.commit(repo, AddFile("more.txt", b"more"), create_pr=True)
    instance.create_repo("secret", RepoType.DATASET, private=True)
    return instance


def troubles(instance, *, deep=False):
    return [(found.subject, found.is_harmless) for found in check(instance.services, deep=deep)]


def execute(instance, sql, **values):
    with instance.services.database.write() as connection:
        connection.execute(text(sql), values)


def folder(instance, name="bert"):
    return instance.services.repos.pool.path(key(instance, name))


def key(instance, name="bert"):
    return instance.services.database.fetch_one("SELECT key FROM repo WHERE name = ?", (name,))[0]


def stored(instance):
    return [path for path in instance.services.settings.data_dir.glob("objects/lfs/*/*/*") if path.is_file()]


class TestCheck:
    @pytest.mark.parametrize("deep", [False, True])
    def test_all_is_well(self, filled, deep):
        assert troubles(filled, deep=deep) == []

    def test_a_large_file_is_gone(self, filled):
        stored(filled)[0].unlink()
        assert [subject.split()[0] for subject, harmless in troubles(filled) if not harmless] == ["file"]

    def test_a_large_file_is_not_recorded(self, filled):
        execute(filled, "DELETE FROM object")
        execute(filled, "DELETE FROM repo_object")
        assert ("model alice/bert", False) in troubles(filled)

    def test_a_large_file_is_not_linked(self, filled):
        execute(filled, "DELETE FROM repo_object")
        assert troubles(filled) == [("model alice/bert", False)]

    def test_bytes_have_changed(self, filled):
        path = stored(filled)[0]
        path.chmod(0o644)
        path.write_bytes(LARGE[::-1])
        assert troubles(filled) == []
        assert len(troubles(filled, deep=True)) == 1

    def test_a_folder_is_gone(self, filled):
        shutil.rmtree(folder(filled))
        assert troubles(filled) == [("model alice/bert", False)]

    def test_git_objects_are_gone(self, filled):
        for some in (folder(filled) / "objects").glob("[0-9a-f][0-9a-f]"):
            shutil.rmtree(some)
        found = list(check(filled.services))
        assert {trouble.subject for trouble in found} == {"model alice/bert"}
        assert any("git finds" in trouble.explanation for trouble in found)

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE repo_ref SET oid = '1234567890123456789012345678901234567890' WHERE name = 'refs/heads/main'",
            "DELETE FROM repo_ref WHERE name LIKE 'refs/pr/%'",
            "UPDATE repo SET head_oid = NULL WHERE name = 'bert'",
        ],
    )
    def test_the_index_differs_from_git(self, filled, sql):
        execute(filled, sql)
        assert ("model alice/bert", False) in troubles(filled)

    def test_an_update_that_was_cut_short_is_put_right_by_the_next_start(self, filled):
        execute(filled, "DELETE FROM repo_ref WHERE name LIKE 'refs/pr/%'")
        execute(filled, "UPDATE repo SET index_pending = 1 WHERE name = 'bert'")
        assert troubles(filled) == [("model alice/bert", True)]
        assert filled.services.repos.index.recover() == [key(filled)]
        assert troubles(filled) == []

    def test_a_description_that_is_behind_is_a_note(self, filled):
        execute(filled, "UPDATE repo SET private = 1 WHERE name = 'bert'")
        assert troubles(filled) == [("model alice/bert", True)]

    def test_folders_without_a_row(self, filled):
        pool, last = filled.services.repos.pool, key(filled, "secret")
        execute(filled, "DELETE FROM repo WHERE key = :key", key=last)
        execute(filled, "DELETE FROM repo_ref WHERE repo_key = :key", key=last)
        pool.create(last + 1)
        pool.create(last + 2)
        expected = {(f"folder of repo {last + number}", number < 2) for number in range(3)}
        assert set(troubles(filled)) == expected

    def test_an_upload_that_was_cut_short_is_a_note(self, filled):
        sha256 = filled.store(filled.create_repo("other"), b"uploaded")
        execute(filled, "DELETE FROM object WHERE sha256 = :sha256", sha256=sha256)
        execute(filled, "DELETE FROM repo_object WHERE sha256 = :sha256", sha256=sha256)
        assert troubles(filled) == [(f"file {sha256}", True)]


class TestRebuild:
    def test_everything_comes_back_from_the_folders_alone(self, filled, data_dir):
        filled.services.repos.lifecycle.update_settings(
            filled.alice, RepoType.MODEL, RepoId("alice", "bert"), SettingsChange(private=True)
        )
        before = snapshot(filled)
        rebuilt = lose_database(filled, data_dir)
        restored = rebuild(rebuilt)
        assert [(found.name, found.is_new, found.problem) for found in restored] == [
            ("model alice/bert", True, ""),
            ("dataset alice/secret", True, ""),
        ]
        assert snapshot(rebuilt) == before
        assert troubles(rebuilt, deep=True) == []
        rebuilt.services.close()

    def test_the_owner_comes_back_without_a_password(self, filled, data_dir):
        rebuilt = lose_database(filled, data_dir, with_alice=False)
        assert [found.owner_is_new for found in rebuild(rebuilt)] == [True, False]
        users = rebuilt.services.accounts.accounts.list_users(SYSTEM)
        assert [(user.name, user.is_site_admin) for user in users] == [("alice", False)]
        rebuilt.services.close()

    def test_pull_requests_can_be_opened_afterwards(self, filled, data_dir):
        rebuilt = lose_database(filled, data_dir)
        rebuild(rebuilt)
        with rebuilt.services.database.read() as connection:
            repo = repos.get_repo(connection, key(rebuilt))
            pulls = pull_requests.list_pull_requests(connection, repo.key)
        assert [(pull.num, pull.title, pull.status, pull.base_ref) for pull in pulls] == [
            (1, "change", "open", "refs/heads/main")
        ]
        assert rebuilt.commit(repo, AddFile("x", b"x"), create_pr=True).pull_request == 2
        rebuilt.services.close()

    def test_xet_files_come_back(self, filled, data_dir):
        data, index = index_chunks(cut(b"chunked" * 5000))
        file = claim_file((index, 0, len(index)))
        xet = filled.services.xet
        with xet.uploads.begin(index.hash) as receiver:
            receiver.write(data)
            xet.uploads.finish(receiver)
        claim = CasClaim(key(filled), filled.alice.user_id, Scope.WRITE)
        xet.shards.register(claim, xet.shards.check(write_shard(file)), Progress())
        with filled.services.database.read() as connection:
            repo = repos.get_repo(connection, key(filled))
            [sha256] = connection.execute(text("SELECT sha256 FROM xet_file")).scalars()
        filled.commit(repo, AddLargeFile("chunked.bin", sha256, 35_000))
        rebuilt = lose_database(filled, data_dir)
        assert [found.problem for found in rebuild(rebuilt)] == ["", ""]
        assert rebuilt.read(sha256) == b"chunked" * 5000
        assert troubles(rebuilt, deep=True) == []
        rebuilt.services.close()

    def test_xet_clients_forget(self, filled):
        before = filled.services.xet.epochs.current()
        rebuild(filled)
        assert filled.services.xet.epochs.current() != before

    def test_a_healthy_instance_stays_as_it_is(self, filled):
        before = snapshot(filled)
        assert [(found.is_new, found.problem) for found in rebuild(filled)] == [(False, ""), (False, "")]
        assert snapshot(filled) == before

    def test_a_wrong_index_is_put_right(self, filled):
        execute(filled, "DELETE FROM repo_ref")
        execute(filled, "DELETE FROM repo_object")
        (folder(filled) / "holdfast.json").unlink()
        assert troubles(filled)
        rebuild(filled)
        assert troubles(filled) == []

    def test_a_folder_that_says_nothing_of_itself_is_left(self, filled, data_dir):
        (folder(filled) / "holdfast.json").unlink()
        rebuilt = lose_database(filled, data_dir)
        assert ["no holdfast.json" in found.problem for found in rebuild(rebuilt)] == [True, False]
        rebuilt.services.close()

    def test_two_folders_of_one_name(self, filled, data_dir):
        theirs, ours = folder(filled, "secret") / "holdfast.json", folder(filled) / "holdfast.json"
        theirs.write_text(ours.read_text())
        values = json.loads(ours.read_text())
        rebuilt = lose_database(filled, data_dir)
        assert ["Another folder has that name" in found.problem for found in rebuild(rebuilt)] == [False, True]
        with rebuilt.services.database.read() as connection:
            assert repos.get_repo(connection, key(rebuilt)).uid == values["uid"]
        rebuilt.services.close()

    def test_what_was_taken_out_for_good_does_not_come_back(self, filled, data_dir):
        large_files, repo_id = filled.services.repos.large_files, RepoId("alice", "bert")
        [sha256] = [path.name for path in stored(filled)]
        large_files.delete_large_files(filled.alice, RepoType.MODEL, repo_id, [sha256], rewrite_history=False)
        rebuilt = lose_database(filled, data_dir)
        assert [found.problem for found in rebuild(rebuilt)] == ["", ""]
        with rebuilt.services.database.read() as connection:
            assert rebuilt.services.objects.linked(connection, key(rebuilt), [sha256]) == {}
        assert troubles(rebuilt) == []
        rebuilt.services.close()

    def test_a_lost_large_file_is_told(self, filled, data_dir):
        stored(filled)[0].unlink()
        rebuilt = lose_database(filled, data_dir)
        assert [found.problem for found in rebuild(rebuilt)] == ["1 of its large files are not stored.", ""]
        rebuilt.services.close()

    def test_new_keys_come_after_the_old_ones(self, filled, data_dir):
        last = key(filled, "secret")
        rebuilt = lose_database(filled, data_dir)
        rebuild(rebuilt)
        assert rebuilt.create_repo("third").key == last + 1
        rebuilt.services.close()


def rebuild(instance):
    adopt_objects(instance.services)
    return list(rebuild_repos(instance.services))


def lose_database(instance, data_dir, *, with_alice=True):
    """Keep repos/ and objects/ only, and open what is left."""
    instance.services.close()
    for path in data_dir.iterdir():
        if path.name not in ("repos", "objects"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    opened = open_instance(data_dir)
    if not with_alice:
        execute(opened, "DELETE FROM app_user")
        execute(opened, "DELETE FROM namespace")
    return opened


def snapshot(instance):
    """What readers see."""
    with instance.services.database.read() as connection:
        found = [repos.get_repo(connection, number) for number in repos.all_keys(connection)]
        links = [instance.services.objects.linked(connection, repo.key, _all_sha256s(connection)) for repo in found]
        refs = [repos.list_refs(connection, repo.key) for repo in found]
        tables = ("repo_facts", "repo_listing", "repo_name_fts", "repo_text_fts", f"({TAGS})")
        facts = {table: sorted(map(tuple, connection.execute(text(f"SELECT * FROM {table}")))) for table in tables}
    values = [{**vars(repo), "updated_at": None, "creator_id": None} for repo in found]
    return values, facts, links, refs


def _all_sha256s(connection):
    return list(connection.execute(text("SELECT sha256 FROM object")).scalars())


def test_a_private_repo_stays_private(filled, data_dir):
    rebuilt = lose_database(filled, data_dir)
    rebuild(rebuilt)
    with rebuilt.services.database.read() as connection:
        secret = repos.get_repo(connection, key(rebuilt, "secret"))
        assert secret.private
        assert not rebuilt.services.gate.allows(connection, ANONYMOUS, secret, Permission.SEE_REPO)
    rebuilt.services.close()
