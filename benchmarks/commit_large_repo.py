"""One-file commits into a repo of 100,000 files through the API: CPU of the server for each, beside bare git storage.

A real `holdfast serve`; the repo's 100 folders of 1,000 files are committed over the API as well. The client writes its
requests by hand. Every commit goes to a folder of its own choice, on top of the one before.

    python -m benchmarks.commit_large_repo [--files 100000] [--commits 200]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.clients import commit, create_repo
from benchmarks.harness import cpu_seconds, percentile, row
from tests.live_server import LiveServer, User, live_server

ALICE = User("alice")
FOLDERS = 100
GOAL_MILLISECONDS = 5.0


def main() -> int:
    """Run and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--commits", type=int, default=200)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name,
        live_server(Path(name) / "data", users=[ALICE]) as server,
    ):
        repo_id = create_repo(server, ALICE, "large")
        fill(server, repo_id, arguments.files)
        return measure(server, repo_id, arguments.commits)


def fill(server: LiveServer, repo_id: str, files: int) -> None:
    """Commit small files, ten thousand at a time."""
    names = [f"d{number % FOLDERS:02}/f{number:06}.txt" for number in range(files)]
    for start in range(0, files, 10_000):
        commit(server, ALICE, repo_id, {name: name.encode() for name in names[start : start + 10_000]})


def measure(server: LiveServer, repo_id: str, commits: int) -> int:
    """Commit one file after the other."""
    for number in range(10):
        commit_one(server, repo_id, f"warm{number}")
    before, walls = cpu_seconds(server.process.pid), []
    for number in range(commits):
        began = time.perf_counter()
        commit_one(server, repo_id, f"new{number}", folder=number % FOLDERS)
        walls.append(time.perf_counter() - began)
    milliseconds = (cpu_seconds(server.process.pid) - before) / commits * 1e3
    row("one-file commit, wall, median", percentile(walls, 0.5) * 1e3, "ms")
    row("one-file commit, wall, p95", percentile(walls, 0.95) * 1e3, "ms")
    return int(not row("one-file commit, CPU of the server", milliseconds, "ms", at_most=GOAL_MILLISECONDS))


def commit_one(server: LiveServer, repo_id: str, name: str, folder: int = 0) -> None:
    """Add one file."""
    commit(server, ALICE, repo_id, {f"d{folder:02}/{name}.txt": name.encode()})


if __name__ == "__main__":
    sys.exit(main())
