"""What git storage costs in CPU, beside bare pygit2 on the same repo, in one interleaved run.

A repo of 100,000 files in 100 folders; one-file commits alternate between `apply_edits` and a commit by nested
TreeBuilders as anybody would write it. Then listings, lookups and the pointer walk.

Run: `python -m benchmarks.git_commit [--files-per-folder 1000] [--rounds 40]`
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pygit2

from holdfast.hub.repos.git_storage import blob_facts
from holdfast.hub.repos.git_storage.bounded_cache import BoundedCache
from holdfast.hub.repos.git_storage.commits import Author, create_commit, tree_of
from holdfast.hub.repos.git_storage.edits import PutBlob, apply_edits
from holdfast.hub.repos.git_storage.last_commits import last_commits
from holdfast.hub.repos.git_storage.object_writer import ObjectWriter
from holdfast.hub.repos.git_storage.pointers import LfsPointer, format_lfs_pointer
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.reachability import reachable_lfs_pointers
from holdfast.hub.repos.git_storage.refs import read_ref, update_ref
from holdfast.hub.repos.git_storage.revisions import resolve_revision
from holdfast.hub.repos.git_storage.trees import find_entry, list_entries

MAIN = "refs/heads/main"
RAW = "refs/heads/raw"
FOLDERS = 100


def timed(action: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall milliseconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    action()
    return (time.process_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3


def report(name: str, timings: list[tuple[float, float]]) -> float:
    cpu, wall = (statistics.median(values) for values in zip(*timings, strict=True))
    print(f"{name:52} {cpu:9.3f} ms CPU {wall:9.3f} ms wall")
    return cpu


def fill(repo: pygit2.Repository, files_per_folder: int) -> None:
    names = [(f"d{folder:02}/f{file:05}.bin", folder * 10**6 + file)
             for folder in range(FOLDERS) for file in range(files_per_folder)]  # fmt: skip
    with ObjectWriter(repo) as writer:
        edits = [PutBlob(path, writer.write_blob(format_lfs_pointer(LfsPointer(f"{n:064x}", n)))) for path, n in names]
        tree = apply_edits(repo, None, edits, writer).oid
    oid = create_commit(repo, tree, [], Author("a", "a@b", 1), "first")
    for ref in (MAIN, RAW):
        update_ref(repo, ref, oid, None)


def ours(pool: RepositoryPool, number: int) -> None:
    with pool.lock(1), pool.open(1) as repo:
        tip = read_ref(repo, MAIN)
        assert tip is not None
        with ObjectWriter(repo) as writer:
            blob = writer.write_blob(b"%d" % number)
            tree = apply_edits(repo, tree_of(repo, tip), [PutBlob(f"d07/n{number}", blob)], writer).oid
        update_ref(repo, MAIN, create_commit(repo, tree, [tip], Author("a", "a@b", number), "one"), tip)


def raw(path: Path, number: int) -> None:
    repo = pygit2.Repository(path)
    reference = repo.lookup_reference(RAW)
    tip = repo[reference.target].peel(pygit2.Commit)
    blob = repo.create_blob(b"raw %d" % number)
    folder = repo.TreeBuilder(tip.tree["d07"])
    folder.insert(f"n{number}", blob, 0o100644)
    root = repo.TreeBuilder(tip.tree)
    root.insert("d07", folder.write(), 0o40000)
    who = pygit2.Signature("a", "a@b", number, 0)
    repo.create_commit(RAW, who, who, "one", root.write(), [tip.id])


def forget() -> None:
    blob_facts._remembered = BoundedCache(200_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files-per-folder", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pool = RepositoryPool(Path(folder))
        pool.create(1)
        with pool.open(1) as repo:
            report(f"first commit of {FOLDERS * options.files_per_folder} files", [
                timed(lambda: fill(repo, options.files_per_folder))])  # fmt: skip
        measure_commits(pool, options.rounds)
        measure_reads(pool, options.rounds)


def measure_commits(pool: RepositoryPool, rounds: int) -> None:
    pairs = [(timed(lambda n=n: ours(pool, n)), timed(lambda n=n: raw(pool.path(1), n))) for n in range(1, rounds)]
    here = report("one-file commit, git storage", [pair[0] for pair in pairs])
    there = report("one-file commit, bare pygit2 TreeBuilder", [pair[1] for pair in pairs])
    print(f"{'ratio to bare pygit2':52} {here / there:9.2f}")


def measure_reads(pool: RepositoryPool, rounds: int) -> None:
    with pool.open(1) as repo:
        tip = resolve_revision(repo, "main")
        tree, newest = tree_of(repo, tip), [f"d07/n{number}" for number in range(1, 31)]
        for name, count, before, action in (
            ("page of 1000 with sizes, nothing remembered", rounds, forget, lambda: list_entries(repo, tree, "d09")),
            ("page of 1000 with sizes, remembered", rounds, None, lambda: list_entries(repo, tree, "d09")),
            ("recursive page of 1000", rounds, None, lambda: list_entries(repo, tree, recursive=True)),
            ("1000 lookups of revision and path", 5, None, lambda: lookups(pool)),
            ("last commit of 30 entries", 5, None, lambda: last_commits(repo, tip, newest)),
            ("all pointers, nothing remembered", 3, forget, lambda: list(reachable_lfs_pointers(repo))),
        ):  # fmt: skip
            timings = []
            for _ in range(count):
                if before:
                    before()
                timings.append(timed(action))
            report(name, timings)


def lookups(pool: RepositoryPool) -> None:
    for number in range(1000):
        with pool.open(1) as repo:
            find_entry(repo, tree_of(repo, resolve_revision(repo, "main")), f"d{number % FOLDERS:02}/f00012.bin")


if __name__ == "__main__":
    main()
