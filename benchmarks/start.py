"""Time until `./dev serve` and `holdfast serve` answer, on data that exists, and the memory they need when idle.

python -m benchmarks.start [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.clients import commit, create_repo
from benchmarks.harness import MEBIBYTE, cpu_seconds, free_port, process_tree, resident_bytes, row
from tests.live_server import COMMAND, User, live_server

ALICE = User("alice")
DEV = Path(__file__).resolve().parents[1] / "dev"
GOAL_SECONDS = 3.0
GOAL_MEBIBYTES = 200.0


def main() -> int:
    """Run and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        data_dir = Path(name) / "data"
        with live_server(data_dir, users=[ALICE]) as server:
            commit(server, ALICE, create_repo(server, ALICE, "model"), {"README.md": b"# A model\n"})
        commands = {"holdfast serve": [*COMMAND, "serve"], "./dev serve": [str(DEV), "serve"]}
        met = [report(title, [start(command, data_dir) for _ in range(rounds)]) for title, command in commands.items()]
    return int(not all(met))


def report(title: str, starts: list[tuple[float, float, float, int]]) -> bool:
    """Medians."""
    seconds, cpu, mebibytes, processes = (statistics.median(column) for column in zip(*starts, strict=True))
    quick = row(f"{title}, start until ready", seconds, "s", at_most=GOAL_SECONDS)
    row(f"{title}, CPU until ready", cpu, "s")
    small = row(f"{title}, idle, {processes:.0f} process(es)", mebibytes, "MiB resident", at_most=GOAL_MEBIBYTES)
    return quick and small


def start(command: list[str], data_dir: Path) -> tuple[float, float, float, int]:
    """Start once; returns wall and CPU seconds until ready, MiB a moment later, and the number of processes."""
    port = free_port()
    environment = {**os.environ, "HOLDFAST_DATA_DIR": str(data_dir), "HOLDFAST_PORT": str(port)}
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_ready(process, f"http://127.0.0.1:{port}/healthz")
        seconds, cpu = time.perf_counter() - began, cpu_seconds(process.pid)
        time.sleep(2)
        return seconds, cpu, resident_bytes(process.pid) / MEBIBYTE, len(process_tree(process.pid))
    finally:
        process.terminate()
        process.wait(20)


def wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    """Ask until it answers."""
    while process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.01)
        else:
            return
    raise RuntimeError("the server ended before it was ready")


if __name__ == "__main__":
    sys.exit(main())
