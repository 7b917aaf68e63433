import subprocess
import threading
import time

import pytest

from holdfast.base.errors import Conflict, Overloaded, RepoNotFound, StorageFull
from holdfast.hub.repos.git_storage import pool as pool_module
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.processes import run_git
from holdfast.hub.repos.git_storage.refs import create_ref, head_ref, list_refs


def test_create_open_delete(pool):
    pool.create(300, default_branch="trunk")
    assert pool.exists(300)
    assert pool.path(300).parent.name == "2c"
    with pool.open(300) as repo:
        assert repo.is_bare
        assert head_ref(repo) == "refs/heads/trunk"
    pool.delete(300)
    assert not pool.exists(300)
    with pytest.raises(RepoNotFound), pool.open(300):
        pass
    with pytest.raises(RepoNotFound):
        pool.delete(300)
    with pytest.raises(RepoNotFound), pool.lock(300):
        pass


def test_create_twice_conflicts_and_leaves_the_first(pool):
    pool.create(1)
    with pytest.raises(Conflict):
        pool.create(1, default_branch="other")
    with pool.open(1) as repo:
        assert head_ref(repo) == "refs/heads/main"
    assert list((pool.path(1).parent.parent / "tmp").iterdir()) == []


def test_keys_ignores_what_is_not_a_repo(pool, tmp_path):
    for key in (1, 2, 256 * 3 + 1):
        pool.create(key)
    (tmp_path / "repos" / "aa").mkdir()
    (tmp_path / "repos" / "aa" / "notes.git").mkdir()
    assert sorted(pool.keys()) == [1, 2, 769]


def test_one_handle_is_never_shared_and_is_used_again(bench):
    with bench.pool.open(bench.key) as first, bench.pool.open(bench.key) as second:
        assert first is not second
        handles = {id(first), id(second)}
    with bench.pool.open(bench.key) as again:
        assert id(again) in handles


def test_idle_handles_are_bounded(tmp_path):
    pool = RepositoryPool(tmp_path, max_idle_handles=2)
    for key in range(5):
        pool.create(key)
        with pool.open(key):
            pass
    assert sum(map(len, pool._idle.values())) == pool._idle_count == 2
    assert list(pool._idle) == [3, 4]


def test_packs_added_and_removed_by_git_are_seen(bench):
    first = bench.commit({"a.txt": b"one"})
    with bench.pool.open(bench.key) as held:
        blob = held[first].tree["a.txt"].id
        run_git(bench.path, "repack", "-a", "-d", "-q")
        assert held[blob].data == b"one"  # an open handle survives that the loose file went
        second = subprocess.run(
            ["git", f"--git-dir={bench.path}", "hash-object", "-w", "--stdin"],
            input=b"from outside", capture_output=True, check=True,
        ).stdout.decode().strip()  # fmt: skip
        run_git(bench.path, "update-ref", "refs/heads/x", first)
        assert held[second].data == b"from outside"
        run_git(bench.path, "repack", "-a", "-d", "-q", "--unpack-unreachable=now")
        assert held[first].tree["a.txt"].data == b"one"
    with bench.pool.open(bench.key) as fresh:
        assert fresh is not held
        assert {ref.name for ref in list_refs(fresh)} == {"main", "x"}


def test_copy_takes_branches_and_tags_but_no_pull_requests(bench):
    oid = bench.commit({"a.txt": b"one"})
    with bench.pool.open(bench.key) as repo:
        for name in ("refs/tags/v1", "refs/pr/1", "refs/convert/parquet"):
            create_ref(repo, name, oid)
    bench.pool.copy(bench.key, 8)
    with bench.pool.open(8) as copied:
        assert [ref.full_name for ref in list_refs(copied)] == [
            "refs/convert/parquet", "refs/heads/main", "refs/tags/v1",
        ]  # fmt: skip
        assert copied[oid].tree["a.txt"].data == b"one"
    bench.pool.delete(bench.key)
    with bench.pool.open(8) as copied:
        assert copied[oid].tree["a.txt"].data == b"one"
    with pytest.raises(RepoNotFound):
        bench.pool.copy(bench.key, 9)


def test_lock_excludes_other_threads(bench):
    inside, most = [], []

    def work():
        for _ in range(20):
            with bench.pool.lock(bench.key):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.0005)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 80
    assert max(most) == 1
    assert bench.pool._locks._turns == {}


@pytest.mark.parametrize("other_process", [False, True])
def test_lock_times_out(tmp_path, other_process):
    pool = RepositoryPool(tmp_path, lock_timeout_seconds=0.05)
    second = RepositoryPool(tmp_path, lock_timeout_seconds=0.05) if other_process else pool  # flock alone
    pool.create(1)
    with pool.lock(1), pytest.raises(Overloaded), second.lock(1):
        pass
    with second.lock(1):
        pass


def test_waiting_for_a_repo_that_is_deleted(bench):
    outcome = []

    def wait():
        try:
            with bench.pool.lock(bench.key):
                outcome.append("held")
        except RepoNotFound:
            outcome.append("gone")

    with bench.pool.lock(bench.key):
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.05)
        bench.path.rename(bench.path.with_suffix(".away"))
    thread.join()
    assert outcome == ["gone"]


def test_locks_of_a_killed_holder_are_removed(bench):
    bench.commit({"a": b"1"})
    (bench.path / "holdfast.lock").write_bytes(b"held")  # what a killed process leaves
    for name in ("refs/heads/main.lock", "packed-refs.lock"):
        (bench.path / name).write_bytes(b"")
    oid = bench.commit({"a": b"2"})
    assert (bench.path / "refs/heads/main").read_text().strip() == oid
    assert (bench.path / "holdfast.lock").read_bytes() == b"free"
    assert not (bench.path / "packed-refs.lock").exists()


def test_a_lock_released_normally_leaves_foreign_git_locks_alone(bench):
    with bench.pool.lock(bench.key):
        pass
    foreign = bench.path / "packed-refs.lock"
    foreign.write_bytes(b"")
    with bench.pool.lock(bench.key):
        assert foreign.exists()


def test_empty_trash_finishes_what_a_crash_left(pool, tmp_path):
    for name in ("tmp/5-x", "trash/6-y"):
        (tmp_path / "repos" / name / "objects").mkdir(parents=True)
    pool.empty_trash()
    assert list((tmp_path / "repos" / "tmp").iterdir()) == list((tmp_path / "repos" / "trash").iterdir()) == []


def test_empty_trash_leaves_what_another_process_is_making(pool, tmp_path, monkeypatch):
    real = pool_module._init_bare

    def meanwhile(folder, default_branch):
        RepositoryPool(tmp_path / "repos").empty_trash()
        return real(folder, default_branch)

    monkeypatch.setattr(pool_module, "_init_bare", meanwhile)
    pool.create(7)
    RepositoryPool(tmp_path / "repos").empty_trash()
    assert pool.exists(7)


def test_full_disk_while_creating_leaves_nothing(pool, monkeypatch):
    def no_space(folder, default_branch):
        raise OSError("failed to write config: No space left on device")

    monkeypatch.setattr(pool_module, "_init_bare", no_space)
    with pytest.raises(StorageFull):
        pool.create(1)
    assert not pool.exists(1)
    assert list((pool.path(1).parent.parent / "tmp").iterdir()) == []


def test_maintenance_removes_no_locks_of_refs(bench):
    """It does not hold the lock of refs, so a git that lives may have put them there."""
    (bench.path / "holdfast-maintenance.lock").write_bytes(b"held")
    theirs = bench.path / "refs" / "heads" / "main.lock"
    theirs.parent.mkdir(parents=True, exist_ok=True)
    theirs.touch()
    with bench.pool.maintenance_lock(bench.key):
        assert theirs.exists()
