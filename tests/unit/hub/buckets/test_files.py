import hashlib

import pytest

from holdfast.base.errors import EntryNotFound, Forbidden, RepoNotFound
from holdfast.base.ids import RepoId
from holdfast.hub.buckets.domain import EMPTY_HASH, BucketUsage, Copy, Put, Remove
from holdfast.hub.objects.domain import ObjectKind
from holdfast.hub.objects.garbage import DAY_MS, GarbageCollector, GarbageRules, LiveOf

PATHS = ["a.txt", "dir-x", "dir.txt", "dir/a", "dir/deep/b", "dir/deep/c", "dir0", "z/é/\U0001f600"]


@pytest.fixture
def full(hub):
    bucket = hub.create("alice/b")
    xet_hash = hub.upload(b"content", bucket.holder)
    hub.change("alice/b", *(Put(path, xet_hash) for path in PATHS))
    return hub


class TestListing:
    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    def test_pages_are_in_the_order_of_bytes(self, full, limit):
        assert full.tree("alice/b", limit=limit) == PATHS

    @pytest.mark.parametrize("limit", [1, 2, 100])
    @pytest.mark.parametrize(
        ("prefix", "expected"),
        [
            ("", ["a.txt", "dir-x", "dir.txt", "dir/", "dir0", "z/"]),
            ("dir", ["dir-x", "dir.txt", "dir/a", "dir/deep/", "dir0"]),
            ("dir/", ["dir/a", "dir/deep/"]),
            ("di", ["dir-x", "dir.txt", "dir/", "dir0"]),
            ("z/é", ["z/é/\U0001f600"]),
            ("absent", []),
        ],
    )
    def test_folders_stand_for_what_is_below(self, full, prefix, expected, limit):
        assert full.tree("alice/b", prefix, recursive=False, limit=limit) == expected

    def test_a_prefix_counts_letter_by_letter(self, full):
        assert full.tree("alice/b", "dir/deep") == ["dir/deep/b", "dir/deep/c"]
        assert full.tree("alice/b", "dir.") == ["dir.txt"]

    def test_paths(self, full):
        alice, b = full.actor("alice"), RepoId("alice", "b")
        found = full.services.files.find_paths(alice, b, ["dir/a", "absent", "a.txt", "dir"])
        assert [file.path for file in found] == ["dir/a", "a.txt"]
        with pytest.raises(EntryNotFound):
            full.services.files.locate(alice, b, "dir")

    def test_usage(self, full):
        usage = full.services.lifecycle.get_bucket(full.actor("bob"), RepoId("alice", "b"))[1]
        assert usage == BucketUsage(len(PATHS), 7 * len(PATHS))


class TestChanging:
    def test_what_was_not_uploaded_for_this_bucket_is_refused(self, hub):
        bucket, other = hub.create("alice/b"), hub.create("bob/c", private=True)
        secret = hub.put(other, "secret")
        outcome = hub.change("alice/b", Put("mine", secret), Put("none", "f" * 64), Put("ok", EMPTY_HASH))
        assert [each.path for each in outcome.refused] == ["mine", "none"]
        assert hub.tree("alice/b") == ["ok"]
        assert bucket.holder == -bucket.key

    def test_only_what_may_be_read_can_be_copied(self, hub):
        hub.create("alice/b")
        secret = hub.put(hub.create("bob/c", private=True), "secret")
        shared = hub.put(hub.create("bob/d"), "shared", b"shared")
        lfs = hub.upload(b"large file of a repo", 77)
        hub.repos.keys["alice/model"] = 77
        outcome = hub.change(
            "alice/b",
            Copy("secret", secret, "bucket", RepoId("bob", "c")),
            Copy("shared", shared, "bucket", RepoId("bob", "d")),
            Copy("lfs", lfs, "model", RepoId("alice", "model")),
            Copy("not-there", secret, "bucket", RepoId("bob", "d")),
            Copy("nowhere", lfs, "model", RepoId("alice", "absent")),
            Copy("strange", lfs, "kernel", RepoId("alice", "model")),
        )
        assert [each.path for each in outcome.refused] == ["secret", "not-there", "nowhere", "strange"]
        assert hub.read("alice/b", "shared", by="bob") == b"shared"
        assert hub.read("alice/b", "lfs") == b"large file of a repo"

    def test_paths_that_could_mislead(self, hub):
        hub.create("alice/b")
        outcome = hub.change("alice/b", *(Put(path, EMPTY_HASH) for path in ("../x", "/x", "a//b", "a\0", "ok")))
        assert len(outcome.refused) == 4
        assert hub.tree("alice/b") == ["ok"]

    def test_the_last_word_about_a_path_counts(self, hub):
        bucket = hub.create("alice/b")
        one, two = hub.upload(b"one", bucket.holder), hub.upload(b"two", bucket.holder)
        hub.change("alice/b", Put("a", one), Put("a", two), Put("b", one), Remove("b"), Remove("never"))
        assert hub.tree("alice/b") == ["a"]
        assert hub.read("alice/b", "a") == b"two"

    def test_only_writers_write(self, hub):
        hub.create("alice/b")
        hub.create("alice/private", private=True)
        with pytest.raises(Forbidden):
            hub.change("alice/b", Remove("a"), by="bob")
        with pytest.raises(RepoNotFound):
            hub.change("alice/private", Remove("a"), by="bob")


def collect(hub) -> set[str]:
    """What garbage collection takes, long after everything."""
    clock = hub.store.now
    clock[0] += 100 * DAY_MS
    live = LiveOf((hub.services.upkeep,))
    collector = GarbageCollector(
        hub.store.database, live, {ObjectKind.XET: hub.store.xet.collector}, GarbageRules(DAY_MS, 0), lambda: clock[0]
    )
    return {verdict.target.sha256 for verdict in collector.run().verdicts}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class TestUpkeep:
    def test_garbage_collection_keeps_what_a_file_has(self, hub):
        bucket = hub.create("alice/b")
        hub.put(bucket, "kept", b"kept")
        hub.put(bucket, "replaced", b"old")
        hub.put(bucket, "replaced", b"new")
        hub.put(bucket, "twice", b"twice")
        hub.put(bucket, "again", b"twice")
        hub.upload(b"never named", bucket.holder)
        hub.change("alice/b", Remove("twice"))
        assert collect(hub) == {sha256(b"old"), sha256(b"never named")}
        assert {hub.read("alice/b", path) for path in ("kept", "replaced", "again")} == {b"kept", b"new", b"twice"}
        hub.services.lifecycle.delete_bucket(hub.actor("alice"), bucket.id)
        assert collect(hub) == {sha256(b"kept"), sha256(b"new"), sha256(b"twice")}

    def test_what_was_taken_away_cannot_be_read_with_a_token_for_the_bucket(self, hub):
        bucket = hub.create("alice/b")
        hub.put(bucket, "a", b"secret")
        hub.change("alice/b", Remove("a"))
        with hub.store.database.read() as connection:
            assert hub.store.objects.linked(connection, bucket.holder, [sha256(b"secret")]) == {}

    def test_files_without_bytes_are_found(self, hub):
        bucket = hub.create("alice/b")
        hub.put(bucket, "a", b"lost")
        hub.change("alice/b", Put("empty", EMPTY_HASH))
        assert list(hub.services.upkeep.check()) == []
        with hub.store.database.write() as connection:
            hub.store.objects.unlink(connection, bucket.holder, [sha256(b"lost")])
        (found,) = hub.services.upkeep.check()
        assert found[0] == "bucket alice/b"
