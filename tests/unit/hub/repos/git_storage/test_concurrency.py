"""Many writers on one branch: nothing is lost, with the lock and, as a net, without it."""

import multiprocessing
import os
import signal
import threading
import time

import pytest

from holdfast.base.errors import StaleParent
from holdfast.hub.repos.git_storage.commits import Author, create_commit, tree_of
from holdfast.hub.repos.git_storage.edits import PutBlob, apply_edits
from holdfast.hub.repos.git_storage.history import count_commits
from holdfast.hub.repos.git_storage.maintenance import maintain, verify
from holdfast.hub.repos.git_storage.object_writer import ObjectWriter
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.refs import read_ref, update_ref

MAIN = "refs/heads/main"
COMMITS = 25


def _try_commit(repo, path, tip):
    with ObjectWriter(repo) as writer:
        blob = writer.write_blob(path.encode())
        tree = apply_edits(repo, tree_of(repo, tip) if tip else None, [PutBlob(path, blob)], writer).oid
    oid = create_commit(repo, tree, [tip] if tip else [], Author("a", "a@b", 1_700_000_000), path)
    update_ref(repo, MAIN, oid, tip)


def _commit_with_retry(pool, path, locked):
    """Read the tip before taking the lock, as a request does that prepares its commit first."""
    while True:
        with pool.open(1) as repo:
            try:
                if not locked:
                    return _try_commit(repo, path, read_ref(repo, MAIN))
                with pool.lock(1):
                    return _try_commit(repo, path, read_ref(repo, MAIN))
            except StaleParent:
                continue


def _work(root, name, locked=True):
    pool = RepositoryPool(root, lock_timeout_seconds=60)
    for number in range(COMMITS):
        _commit_with_retry(pool, f"{name}/{number}.txt", locked)


def _assert_nothing_lost(root, names, first):
    pool = RepositoryPool(root)
    with pool.open(1) as repo:
        tip = read_ref(repo, MAIN)
        tree = repo[tip].tree
        assert count_commits(repo, tip) == len(names) * COMMITS + first
        for name in names:
            assert sorted(entry.name for entry in tree[name]) == sorted(f"{n}.txt" for n in range(COMMITS))
    assert verify(pool, 1) == []


@pytest.fixture
def root(tmp_path):
    RepositoryPool(tmp_path / "repos").create(1)
    return tmp_path / "repos"


def _run(workers):
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def test_four_threads_while_maintenance_runs(root):
    pool = RepositoryPool(root, lock_timeout_seconds=60)
    failures = []

    def work(name):
        try:
            for number in range(COMMITS):
                _commit_with_retry(pool, f"{name}/{number}.txt", locked=True)
        except BaseException as error:
            failures.append(error)
            raise

    workers = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    workers.append(threading.Thread(target=lambda: [maintain(pool, 1) for _ in range(3)]))
    _run(workers)
    assert failures == []
    _assert_nothing_lost(root, "abcd", first=0)


@pytest.mark.parametrize("locked", [True, False])
def test_two_processes(root, locked):
    with RepositoryPool(root).open(1) as repo:
        _try_commit(repo, "first.txt", None)  # making a ref, unlike moving it, needs the lock
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_work, args=(root, name, locked)) for name in "ab"]
    _run(workers)
    assert [worker.exitcode for worker in workers] == [0, 0]
    _assert_nothing_lost(root, "ab", first=1)


def _work_for_ever(root, name):
    pool = RepositoryPool(root, lock_timeout_seconds=60)
    number = 0
    while True:
        _commit_with_retry(pool, f"{name}/{number}.txt", locked=True)
        number += 1


def test_a_killed_process_leaves_a_repo_that_works(root):
    spawn = multiprocessing.get_context("fork")
    pool = RepositoryPool(root, lock_timeout_seconds=5)
    for round_number in range(6):
        worker = spawn.Process(target=_work_for_ever, args=(root, f"w{round_number}"))
        worker.start()
        time.sleep(0.15 + 0.017 * round_number)
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
        _commit_with_retry(pool, f"after/{round_number}.txt", locked=True)
    assert verify(pool, 1, thorough=True) == []
    with pool.open(1) as repo:
        assert len(repo[read_ref(repo, MAIN)].tree["after"]) == 6
