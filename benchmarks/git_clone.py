"""Clone over HTTP beside `file://` (goal: at most twice as long), and the CPU that checking a large push costs.

A repo of 10,000 files in one pack, as it is after maintenance. Bare clones by turns in one interleaved run; the ratio
is that of the medians. Both sides start the same `git upload-pack`; what is measured is the way between them.

    python -m benchmarks.git_clone [--files 10000] [--rounds 9]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from benchmarks.harness import cpu_seconds, row
from holdfast.base.ids import RepoType
from holdfast.hub.git import rules
from holdfast.hub.git.domain import Proposal, RefUpdate
from holdfast.hub.git.inspection import Quarantine
from tests.live_server import LiveServer, User, live_server

ALICE = User("alice")
GOAL = 2.0


def main() -> int:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        folder = Path(name)
        with live_server(folder / "data", users=[ALICE]) as server:
            work = make_repo(folder, server, arguments.files)
            bare = max(server.data_dir.glob("repos/*/*.git"))
            git("-C", str(bare), "repack", "-adq")
            met = compare_clones(folder, server, bare, arguments.rounds)
        check_push(folder, work, arguments.rounds)
    return int(not met)


def make_repo(folder: Path, server: LiveServer, files: int) -> Path:
    """Push a repo of small files and return the working copy."""
    body = json.dumps({"name": "many", "type": "model"}).encode()
    request = urllib.request.Request(f"{server.url}/api/repos/create", body, {"Authorization": f"Bearer {ALICE.token}"})
    urllib.request.urlopen(request).close()
    work = folder / "work"
    git("init", "-q", str(work))
    for number in range(files):
        path = work / f"d{number % 100:02}" / f"f{number}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"%d " % number + os.urandom(300).hex().encode())
    git("-C", str(work), "add", "-A")
    git("-C", str(work), "commit", "-qm", "many files")
    url = server.url.replace("://", f"://{ALICE.name}:{ALICE.token}@")
    began = time.perf_counter()
    git("-C", str(work), "push", "-q", "--force", f"{url}/alice/many", "main")
    print(f"{'push of all files':44} {time.perf_counter() - began:8.3f} s")
    return work


def compare_clones(folder: Path, server: LiveServer, bare: Path, rounds: int) -> bool:
    """Clone by turns."""
    sources = {"http": f"{server.url}/alice/many", "file": f"file://{bare}"}
    seconds: dict[str, list[float]] = {name: [] for name in sources}
    process = server.process.pid
    before = cpu_seconds(process)
    for _ in range(rounds):
        for name, source in sources.items():
            target = folder / f"clone-{name}"
            seconds[name].append(
                timed(lambda source=source, target=target: git("clone", "-q", "--bare", source, str(target)))
            )
            shutil.rmtree(target)
    for name, values in seconds.items():
        print(f"{'bare clone by ' + name:44} {statistics.median(values):8.3f} s  (fastest {min(values):.3f})")
    print(f"{'CPU of the server for each clone':44} {(cpu_seconds(process) - before) / rounds * 1e3:8.1f} ms")
    ratio = statistics.median(seconds["http"]) / statistics.median(seconds["file"])
    met = row("clone over http, ratio to file://", ratio, "", at_most=GOAL)
    listing = [timed(lambda: git("ls-remote", "-q", sources["http"])) for _ in range(rounds)]
    print(f"{'ls-remote by http':44} {statistics.median(listing) * 1e3:8.1f} ms")
    return met


def check_push(folder: Path, work: Path, rounds: int) -> None:
    """What the pre-receive check of the whole repo costs, git's programs included."""
    empty = folder / "empty.git"
    git("init", "-q", "--bare", str(empty))
    oid = subprocess.run(["git", "-C", str(work), "rev-parse", "HEAD"], capture_output=True, check=True).stdout
    git("-C", str(work), "repack", "-adq")
    tip = oid.decode().strip()
    proposal = Proposal((RefUpdate(None, tip, "refs/heads/main"),), work / ".git" / "objects")
    costs = []
    for _ in range(rounds):
        before, began = all_cpu(), time.perf_counter()
        inspect(Quarantine(empty, proposal.quarantine), proposal)
        costs.append((all_cpu() - before, time.perf_counter() - began))
    cpu, wall = (statistics.median(values) * 1e3 for values in zip(*costs, strict=True))
    print(f"{'pre-receive check of such a push':44} {cpu:8.1f} ms CPU {wall:8.1f} ms wall")


def inspect(quarantine: Quarantine, proposal: Proposal) -> None:
    """The rules, one after the other, as for a push."""
    rules.check_tips(proposal, quarantine)
    with closing(quarantine.new_objects(proposal.tips)) as found:
        suspects = rules.sort_out(found)
    rules.check_large_blobs(suspects)
    rules.check_large_trees(suspects, quarantine)
    rules.check_cards(suspects, proposal, quarantine, RepoType.MODEL)
    rules.find_pointers(suspects, quarantine)


def timed(action: Callable[[], object]) -> float:
    """Wall seconds."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def all_cpu() -> float:
    """CPU seconds of this process and of its children that have ended."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def git(*arguments: str) -> None:
    """Run git with a configuration of its own."""
    options = ("-c", "user.name=Bench", "-c", "user.email=bench@example.org", "-c", "init.defaultBranch=main")
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *options, *arguments], env=environment, stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    sys.exit(main())
