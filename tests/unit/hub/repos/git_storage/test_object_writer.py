import errno
import os
import subprocess
from pathlib import Path

import pygit2
import pytest
from pygit2.enums import Option

from holdfast.base.errors import StorageFull
from holdfast.hub.repos.git_storage import blob_facts as blob_facts_module
from holdfast.hub.repos.git_storage.blob_facts import blob_facts
from holdfast.hub.repos.git_storage.libgit2 import OPEN_PACKS
from holdfast.hub.repos.git_storage.object_writer import MAX_LOOSE_OBJECTS, write_blobs
from holdfast.hub.repos.git_storage.packs import _offsets
from holdfast.hub.repos.git_storage.pointers import LfsPointer, format_lfs_pointer
from holdfast.hub.repos.git_storage.processes import run_git


def _packs(repo):
    return sorted(Path(repo.path, "objects", "pack").glob("*.pack"))


def _git_oid(content):
    return subprocess.run(
        ["git", "hash-object", "--stdin"], input=content, capture_output=True, check=True
    ).stdout.decode().strip()  # fmt: skip


@pytest.mark.parametrize("count", [1, MAX_LOOSE_OBJECTS, MAX_LOOSE_OBJECTS + 1, 400])
def test_blobs_come_back_in_order(repo, count):
    contents = [b"content %d" % number * (number % 50) for number in range(count)]
    oids = write_blobs(repo, iter(contents))
    assert [repo[oid].data for oid in oids] == contents
    assert oids[-1] == _git_oid(contents[-1])
    assert len(_packs(repo)) == (count > MAX_LOOSE_OBJECTS)


def test_git_agrees_with_the_pack(repo, bench):
    contents = [b"", b"x" * 15, b"x" * 16, b"x" * 2047, b"x" * 2048, os.urandom(300_000)]
    write_blobs(repo, contents + contents + [b"%d" % number for number in range(100)])
    (pack,) = _packs(repo)
    listing = run_git(bench.path, "verify-pack", "-v", str(pack.with_suffix(".idx")))
    assert sum(" blob " in line for line in listing.splitlines()) == 106
    assert f"{_git_oid(contents[-1])} blob   300000" in listing
    assert pack.stat().st_mode & 0o777 == 0o444


def test_large_content_goes_to_a_pack_without_being_held_in_memory(repo):
    write_blobs(repo, (os.urandom(9_000_000) for _ in range(3)))
    assert len(_packs(repo)) == 1


def test_a_failure_leaves_nothing(repo):
    def contents():
        yield from (b"%d" % number for number in range(100))
        raise ValueError("halfway")

    with pytest.raises(ValueError, match="halfway"):
        write_blobs(repo, contents())
    assert _git_oid(b"1") not in repo
    assert list(Path(repo.path, "objects", "pack").iterdir()) == []


def test_a_full_disk_at_the_last_step_leaves_no_passing_files(repo, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(StorageFull):
        write_blobs(repo, [b"one", b"two", b"three"])
    assert list(Path(repo.path, "objects").glob("tmp_obj_*")) == []


def test_new_folders_are_synced_in_their_parent(repo, monkeypatch):
    synced = []
    real = os.fsync

    def record(descriptor):
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    oid = write_blobs(repo, [b"content"])[0]
    objects = Path(repo.path, "objects")
    assert {str(objects), str(objects / oid[:2])} <= set(synced)


def test_packs_beyond_the_limit_of_open_files_are_opened_again(repo):
    pygit2.option(Option.SET_MWINDOW_FILE_LIMIT, 2)
    try:
        contents = [[b"%d/%d" % (pack, blob) for blob in range(30)] for pack in range(6)]
        oids = [write_blobs(repo, content) for content in contents]
        fresh = pygit2.Repository(repo.path)
        for _ in range(2):
            assert [[fresh[oid].data for oid in pack] for pack in oids] == contents
    finally:
        pygit2.option(Option.SET_MWINDOW_FILE_LIMIT, OPEN_PACKS)


def test_what_was_written_is_known_to_the_next_listing(repo, monkeypatch):
    pointer = LfsPointer("cd" * 32, 99)
    oid = bytes.fromhex(write_blobs(repo, [format_lfs_pointer(pointer)])[0])
    monkeypatch.setattr(blob_facts_module, "_read_facts", None)
    assert blob_facts(repo, oid) == (len(format_lfs_pointer(pointer)), pointer)


def test_offsets_beyond_two_gigabytes_use_the_second_table():
    table = _offsets([12, 0x8000_0000, 5, 0x1_0000_0000])
    words = [int.from_bytes(table[at : at + 4], "big") for at in range(0, 16, 4)]
    assert words == [12, 0x8000_0000, 5, 0x8000_0001]
    assert [int.from_bytes(table[at : at + 8], "big") for at in (16, 24)] == [0x8000_0000, 0x1_0000_0000]
