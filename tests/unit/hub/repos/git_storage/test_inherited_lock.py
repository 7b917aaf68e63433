"""A child that was given the lock's descriptor keeps the lock when its parent dies."""

import os
import subprocess
import sys

import pytest

from holdfast.base.errors import Overloaded, RepoNotFound
from holdfast.hub.repos.git_storage.pool import RepositoryPool

_PARENT = """
import os, subprocess, sys
from pathlib import Path
from holdfast.hub.repos.git_storage.pool import RepositoryPool
pool = RepositoryPool(Path(sys.argv[1]))
descriptor = pool.open_lock(1)
child = subprocess.Popen(["sleep", "60"], pass_fds=(descriptor,), stdout=subprocess.DEVNULL)
with pool.lock(1, descriptor):
    print(child.pid, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_the_child_keeps_it_until_it_ends(tmp_path):
    RepositoryPool(tmp_path).create(1)
    parent = subprocess.run(
        [sys.executable, "-c", _PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True, check=False
    )
    child = int(parent.stdout)
    try:
        with pytest.raises(Overloaded), RepositoryPool(tmp_path, lock_timeout_seconds=0.2).lock(1):
            raise AssertionError
    finally:
        os.kill(child, 9)
    with RepositoryPool(tmp_path, lock_timeout_seconds=5).lock(1):
        pass


def test_it_is_free_after_the_block_although_the_descriptor_is_open(tmp_path):
    pool = RepositoryPool(tmp_path, lock_timeout_seconds=0.2)
    pool.create(1)
    descriptor = pool.open_lock(1)
    for _ in range(2):
        with pool.lock(1, descriptor), pytest.raises(Overloaded):
            with RepositoryPool(tmp_path, lock_timeout_seconds=0.1).lock(1):
                raise AssertionError
        with RepositoryPool(tmp_path, lock_timeout_seconds=0.1).lock(1):
            pass
    os.close(descriptor)


def test_absent_repos_have_no_lock(tmp_path):
    with pytest.raises(RepoNotFound):
        RepositoryPool(tmp_path).open_lock(1)
