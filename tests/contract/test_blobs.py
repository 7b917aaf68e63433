"""The contract of the blobs seam, run on every driver."""

import errno
import fcntl
import gc
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from holdfast.backends.blobs.factory import open_blob_store
from holdfast.backends.blobs.local import LocalBlobStore
from holdfast.backends.blobs.protocol import BlobStore
from holdfast.base.errors import ObjectNotFound, StorageFull


@pytest.fixture(params=["local"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    return {"local": lambda: open_blob_store(tmp_path / "blobs")}[request.param]()


def put(blobs: BlobStore, key: str, data: bytes) -> None:
    writer = blobs.create()
    writer.write(data)
    writer.publish(key)


def read(blobs: BlobStore, key: str) -> bytes:
    reader = blobs.open(key)
    try:
        return reader.pread(reader.size_bytes + 1, 0)
    finally:
        reader.close()


def test_published_bytes_are_read_back_at_any_offset(blobs):
    put(blobs, "lfs/ab/cd/abcd", b"0123456789")
    reader = blobs.open("lfs/ab/cd/abcd")
    assert reader.size_bytes == 10
    assert (reader.pread(3, 0), reader.pread(3, 4), reader.pread(5, 8), reader.pread(5, 10)) == (
        b"012",
        b"456",
        b"89",
        b"",
    )
    reader.close()


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_writes_accumulate_in_order_and_are_counted(blobs, kind):
    writer = blobs.create()
    for piece in (b"one ", b"", b"two ", b"three"):
        writer.write(kind(piece))
    assert writer.size_bytes == 13
    writer.publish("a/b")
    assert read(blobs, "a/b") == b"one two three"


def test_bytes_can_be_mapped_and_cut_before_they_are_published(blobs):
    writer = blobs.create()
    writer.write(b"0123456789")
    assert os.pread(writer.fileno(), 20, 0) == b"0123456789"
    writer.truncate(12)
    assert writer.size_bytes == 10
    writer.truncate(4)
    writer.write(b"x")
    assert writer.size_bytes == 5
    writer.publish("lfs/cut")
    assert read(blobs, "lfs/cut") == b"0123x"


def test_empty_blob(blobs):
    blobs.create().publish("a/empty")
    assert read(blobs, "a/empty") == b""
    assert blobs.stat("a/empty").size_bytes == 0


def test_nothing_is_visible_before_publish(blobs):
    writer = blobs.create()
    writer.write(b"x" * 100)
    assert blobs.stat("a/b") is None
    assert list(blobs.list("a")) == []
    writer.discard()


def test_stat_tells_size_and_age(blobs):
    before = time.time_ns() // 1_000_000
    put(blobs, "a/b", b"12345")
    found = blobs.stat("a/b")
    assert (found.key, found.size_bytes) == ("a/b", 5)
    assert before - 1000 <= found.modified_at <= time.time_ns() // 1_000_000 + 1000


def test_missing_key(blobs):
    put(blobs, "a/b", b"1")
    for key in ("nothing/here", "a", "a/b/c"):
        assert blobs.stat(key) is None
        with pytest.raises(ObjectNotFound):
            blobs.open(key)
    blobs.delete("nothing/here")
    assert list(blobs.list("nothing")) == []


def test_discard_forgets_and_both_ends_are_idempotent(blobs):
    writer = blobs.create()
    writer.write(b"x")
    writer.discard()
    writer.discard()
    writer.publish("a/discarded")
    assert blobs.stat("a/discarded") is None
    kept = blobs.create()
    kept.write(b"y")
    kept.publish("a/kept")
    kept.publish("a/elsewhere")
    kept.discard()
    assert read(blobs, "a/kept") == b"y"
    assert blobs.stat("a/elsewhere") is None


def test_publishing_an_existing_key_keeps_the_old_bytes(blobs):
    put(blobs, "a/b", b"old")
    put(blobs, "a/b", b"new")
    assert read(blobs, "a/b") == b"old"


def test_open_reader_survives_delete(blobs):
    put(blobs, "a/b", b"still here")
    reader = blobs.open("a/b")
    blobs.delete("a/b")
    assert blobs.stat("a/b") is None
    assert reader.pread(100, 0) == b"still here"
    reader.close()
    reader.close()


def test_list_finds_every_blob_below_a_folder_only(blobs):
    for key in ("lfs/aa/1", "lfs/aa/2", "lfs/bb/3", "lfsx/4", "xorb/5"):
        put(blobs, key, key.encode())
    assert sorted((found.key, found.size_bytes) for found in blobs.list("lfs")) == [
        ("lfs/aa/1", 8),
        ("lfs/aa/2", 8),
        ("lfs/bb/3", 8),
    ]


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/../b", "a/.b", "A", "a\0b", "a/\n", "é"])
def test_other_keys_are_refused(blobs, key):
    with pytest.raises(ValueError, match="not a blob key"):
        blobs.open(key)
    writer = blobs.create()
    with pytest.raises(ValueError, match="not a blob key"):
        writer.publish(key)
    writer.discard()


def test_concurrent_publishers_of_one_key_all_succeed(blobs):
    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(put, blobs, "same/key", b"z" * 10_000) for _ in range(8)]:
            future.result()
    assert read(blobs, "same/key") == b"z" * 10_000


class TestLocal:
    """What only the local driver can be asked: what lies on the disk."""

    @pytest.fixture
    def root(self, tmp_path):
        return tmp_path / "local"

    @pytest.fixture
    def store(self, root):
        return LocalBlobStore(root)

    @staticmethod
    def leftovers(root):
        return list((root / "tmp").iterdir())

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
    def test_full_disk_while_writing_leaves_nothing(self, store, root, monkeypatch, number):
        writer = store.create()
        writer.write(b"fits")

        def full(*_):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(StorageFull):
            writer.write(b"does not")
        assert self.leftovers(root) == []

    @pytest.mark.parametrize("call", ["fsync", "mkdir"])
    def test_full_disk_while_publishing_leaves_nothing(self, store, root, monkeypatch, call):
        writer = store.create()
        writer.write(b"x")

        def full(*_, **__):
            raise OSError(errno.ENOSPC, "full")

        monkeypatch.setattr(os if call == "fsync" else Path, call, full)
        with pytest.raises(StorageFull):
            writer.publish("a/b")
        monkeypatch.undo()
        assert self.leftovers(root) == []
        assert store.stat("a/b") is None

    def test_really_full_disk(self, store, root):
        # /dev/full stands in for the temporary file: the kernel itself says ENOSPC.
        writer = store.create()
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, writer._file)
        os.close(full)
        with pytest.raises(StorageFull):
            writer.write(b"x")
        assert self.leftovers(root) == []

    def test_writing_after_a_failure_is_an_error(self, store):
        writer = store.create()
        writer.discard()
        with pytest.raises(OSError, match="Bad file descriptor"):
            writer.write(b"x")

    def test_forgotten_writer_leaves_nothing(self, store, root):
        writer = store.create()
        writer.write(b"x")
        assert len(self.leftovers(root)) == 1
        del writer
        gc.collect()
        assert self.leftovers(root) == []

    def test_new_folders_are_synced_in_their_parents_before_publish_returns(self, store, root, monkeypatch):
        synced = []
        real = os.fsync

        def record(descriptor):
            synced.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
            real(descriptor)

        monkeypatch.setattr(os, "fsync", record)
        put(store, "lfs/ab/cd/x", b"1")
        assert synced[0].parent == root / "tmp"
        assert synced[1:] == [root, root / "lfs", root / "lfs/ab", root / "lfs/ab/cd"]

    def test_a_blob_cut_short_is_replaced(self, store):
        put(store, "a/b", b"whole")
        os.truncate(store.path("a/b"), 2)
        put(store, "a/b", b"whole")
        assert read(store, "a/b") == b"whole"

    def test_publishing_again_makes_it_young(self, store):
        put(store, "a/b", b"1")
        os.utime(store.path("a/b"), (1, 1))
        put(store, "a/b", b"1")
        assert store.stat("a/b").modified_at > 1_000_000

    def test_what_a_killed_process_was_writing_goes_at_start_and_what_another_one_writes_stays(self, store, root):
        (root / "tmp" / "abandoned").write_bytes(b"x")
        writer = store.create()
        writer.write(b"x")
        LocalBlobStore(root)
        assert self.leftovers(root) == [writer._path]
        writer.publish("a/b")
        assert read(store, "a/b") == b"x"

    def test_a_file_that_a_starting_process_removes_before_it_is_locked_is_made_again(self, store, monkeypatch):
        real = fcntl.flock
        removed = []

        def flock(descriptor, operation):
            if not removed:
                removed.append(os.readlink(f"/proc/self/fd/{descriptor}"))
                os.unlink(removed[0])
            real(descriptor, operation)

        monkeypatch.setattr(fcntl, "flock", flock)
        put(store, "a/b", b"x")
        assert removed
        assert read(store, "a/b") == b"x"

    def test_readers_offer_their_descriptor(self, store):
        put(store, "a/b", b"123")
        reader = store.open("a/b")
        assert os.fstat(reader.fileno()).st_size == 3
        reader.close()
