"""A pool in a temporary folder, a repo in it, and a short way to commit files."""

from __future__ import annotations

import pytest

from holdfast.hub.repos.git_storage.commits import Author, create_commit, tree_of
from holdfast.hub.repos.git_storage.edits import DeleteEntry, PutBlob, apply_edits
from holdfast.hub.repos.git_storage.object_writer import ObjectWriter
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.refs import read_ref, update_ref

KEY = 7
MAIN = "refs/heads/main"


class Bench:
    """Commits files to refs of one repo. `files` maps paths to content; None deletes."""

    def __init__(self, pool, key):
        self.pool = pool
        self.key = key
        self.path = pool.path(key)
        self._seconds = 1_700_000_000

    def author(self):
        self._seconds += 1
        return Author("Alice", "alice@example.org", self._seconds)

    def tree(self, repo, base_tree, files):
        with ObjectWriter(repo) as writer:
            edits = [
                DeleteEntry(path) if content is None else PutBlob(path, writer.write_blob(content))
                for path, content in files.items()
            ]
            return apply_edits(repo, base_tree, edits, writer).oid

    def commit(self, files, *, ref=MAIN, summary="change", parents=None):
        with self.pool.lock(self.key), self.pool.open(self.key) as repo:
            tip = read_ref(repo, ref)
            parents = ([tip] if tip else []) if parents is None else parents
            base = tree_of(repo, parents[0]) if parents else None
            oid = create_commit(repo, self.tree(repo, base, files), parents, self.author(), summary)
            update_ref(repo, ref, oid, tip)
            return oid


@pytest.fixture
def pool(tmp_path):
    return RepositoryPool(tmp_path / "repos", lock_timeout_seconds=20)


@pytest.fixture
def bench(pool):
    pool.create(KEY)
    return Bench(pool, KEY)


@pytest.fixture
def repo(bench):
    with bench.pool.open(bench.key) as repo:
        yield repo
