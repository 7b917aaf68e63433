"""How many short jobs a server runs in a minute, with its queue, its sandbox, its log and its end written down.

    python -m benchmarks.jobs [--jobs 100] [--slots 2]

All are handed in through the API before the first look; the clock stops when none waits or runs any more. CPU seconds
are those of the server and of what runs beside each job.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.harness import cpu_seconds, row
from tests.live_server import LiveServer, User, live_server

ALICE = User("alice")
GOAL_PER_MINUTE = 300.0
JOB = {
    "command": ["/bin/true"],
    "arguments": [],
    "environment": {},
    "flavor": "cpu-basic",
    "dockerImage": "python:3.12",
}


def main() -> int:
    """Run and print it; the status is 1 where there were fewer than the goal, or one did not complete."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--slots", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        environment = {"HOLDFAST_JOBS_SLOTS": str(asked.slots)}
        with live_server(Path(name) / "data", users=[ALICE], environment=environment) as server:
            wall, cpu, completed = measure(server, asked.jobs)
    met = row("short jobs in a minute", 60 * asked.jobs / wall, "jobs", at_least=GOAL_PER_MINUTE)
    row("CPU of a job, with the server's part", cpu / asked.jobs, "s")
    row("in a minute of two cores by that", 120 * asked.jobs / cpu, "jobs")
    whole = row("that completed", float(completed), "jobs", at_least=float(asked.jobs))
    return int(not (met and whole))


def measure(server: LiveServer, count: int) -> tuple[float, float, int]:
    """Wall seconds, CPU seconds, and how many completed."""
    used, began = cpu_seconds(server.process.pid), time.monotonic()
    made = {call(server, "/api/jobs/alice", JOB)["id"] for _ in range(count)}
    while waiting := stages(server, "SCHEDULING") + stages(server, "RUNNING"):
        time.sleep(min(1.0, 0.02 * waiting))
    wall = time.monotonic() - began
    cpu = cpu_seconds(server.process.pid) - used
    ended = [call(server, f"/api/jobs/alice/{one}")["status"]["stage"] for one in made]
    return wall, cpu, ended.count("COMPLETED")


def stages(server: LiveServer, stage: str) -> int:
    """How many jobs are in a stage; more than a page counts as a page."""
    return len(call(server, f"/api/jobs/alice?stage={stage}&limit=100"))


def call(server: LiveServer, path: str, payload: Any = None) -> Any:
    """Ask as Alice."""
    body = None if payload is None else json.dumps(payload).encode()
    headers = {"Authorization": f"Bearer {ALICE.token}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(server.url + path, body, headers), timeout=120) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
