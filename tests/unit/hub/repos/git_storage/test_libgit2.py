import errno
import os
import subprocess
from contextlib import suppress

import pygit2
import pytest

from holdfast.base.errors import StorageFull
from holdfast.hub.repos.git_storage.commits import Author, create_commit
from holdfast.hub.repos.git_storage.edits import apply_edits
from holdfast.hub.repos.git_storage.libgit2 import disk_full_as_storage_full
from holdfast.hub.repos.git_storage.object_writer import ObjectWriter, write_blobs
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.refs import create_ref, list_refs, read_ref, update_ref


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
        OSError("failed to write chunk: No space left on device"),
        pygit2.GitError("could not write: No space left on device"),
    ],
)
def test_a_full_disk_in_every_form(error, tmp_path):
    with pytest.raises(StorageFull), disk_full_as_storage_full(tmp_path):
        raise error


@pytest.mark.parametrize("error", [OSError(errno.EACCES, "no"), pygit2.GitError("bad object"), KeyError("No space")])
def test_other_errors_pass(error, tmp_path):
    with pytest.raises(type(error)) as caught, disk_full_as_storage_full(tmp_path):
        raise error
    assert caught.value is error


@pytest.fixture
def tiny_disk(tmp_path):
    mounted = tmp_path / "tiny"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(mounted)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk")
    yield mounted
    subprocess.run(["umount", "-l", str(mounted)], check=True)


@pytest.mark.parametrize("count", [1, 60])
def test_a_really_full_disk(tiny_disk, count):
    pool = RepositoryPool(tiny_disk / "repos")
    pool.create(1)
    with pool.open(1) as repo:
        with pytest.raises(StorageFull):
            write_blobs(repo, [os.urandom(2_000_000 // count) for _ in range(count)])
        assert [path for path in pool.path(1).rglob("objects/*/*") if path.is_file()] == []
        assert write_blobs(repo, [b"small"])


def test_a_ref_on_a_disk_without_room(tiny_disk):
    pool = RepositoryPool(tiny_disk / "repos")
    pool.create(1)
    with pool.lock(1), pool.open(1) as repo:
        with ObjectWriter(repo) as writer:
            tree = apply_edits(repo, None, [], writer).oid
        first, second = (create_commit(repo, tree, [], Author("a", "b", 1), word) for word in ("one", "two"))
        update_ref(repo, "refs/heads/main", first, None)
        filler = tiny_disk / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(b"x" * 4096):
                pass
        with pytest.raises(StorageFull):
            update_ref(repo, "refs/heads/main", second, first)
        with pytest.raises(StorageFull):
            create_ref(repo, "refs/tags/new", first)
        assert read_ref(repo, "refs/heads/main") == first
        filler.unlink()
        update_ref(repo, "refs/heads/main", second, first)
        assert [ref.full_name for ref in list_refs(repo)] == ["refs/heads/main"]
