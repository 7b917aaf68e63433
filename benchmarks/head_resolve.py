"""HEAD of resolve urls beside a raw ASGI callable on uvicorn with the same kind of answer: requests per CPU-second.

A real `holdfast serve`; one client sends over eight connections that stay open, to one server after the other.

    python -m benchmarks.head_resolve [--requests 4000] [--rounds 7]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import uvicorn

from benchmarks.clients import KeepAlive, commit, create_repo, put_large_file, upload_xet
from benchmarks.harness import Contender, Program, free_port, interleave, row, wait_for_port, write_random
from tests.live_server import LiveServer, User, live_server

ALICE = User("alice")
GOAL = 10_000


def main() -> int:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--serve-raw", type=int, metavar="PORT")
    arguments = parser.parse_args()
    if arguments.serve_raw:
        uvicorn.run(raw, port=arguments.serve_raw, log_level="warning", access_log=False, lifespan="off")
        return 0
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        folder = Path(name)
        with live_server(folder / "data", users=[ALICE]) as server:
            fill(server, folder)
            return compare(server, folder, arguments.requests, arguments.rounds)


def fill(server: LiveServer, folder: Path) -> None:
    """One repo with a file of each kind."""
    repo_id = create_repo(server, ALICE, "model")
    large = put_large_file(server, ALICE, repo_id, os.urandom(100_000), 1)
    commit(server, ALICE, repo_id, {"config.json": b"{}", "weights.bin": large})
    upload_xet(server, ALICE, repo_id, write_random(folder / "model.safetensors", 2_000_000), "xet.safetensors")


def compare(server: LiveServer, folder: Path, requests: int, rounds: int) -> int:
    """Measure by turns."""
    port = free_port()
    program = Program([sys.executable, "-m", "benchmarks.head_resolve", "--serve-raw", port], folder / "raw.log")
    try:
        wait_for_port(port, 20)
        limit, hub = KeepAlive(f"http://127.0.0.1:{port}"), KeepAlive(server.url)
        token = {"Authorization": f"Bearer {ALICE.token}"}
        paths = {"regular": "config.json", "LFS": "weights.bin", "Xet": "xet.safetensors"}
        contenders = {"raw ASGI": Contender(program.pid, lambda _: limit.head("/", requests))}
        for kind, path in paths.items():
            for who, headers in (("anonymous", {}), ("with a token", token)):
                contenders[f"{kind} file, {who}"] = Contender(
                    server.process.pid,
                    lambda _, path=path, headers=headers: hub.head(
                        f"/alice/model/resolve/main/{path}", requests, headers
                    ),
                )
        interleave(contenders, 1)  # warm
        costs = interleave(contenders, rounds)
    finally:
        program.stop()
    rates = {name: requests / cost.cpu_median for name, cost in costs.items()}
    limit_rate = rates.pop("raw ASGI")
    row("HEAD, raw ASGI callable on uvicorn", limit_rate, "per CPU-second")
    met = [
        row(f"HEAD resolve, {name} ({rate / limit_rate:.0%} of raw)", rate, "per CPU-second", at_least=GOAL)
        for name, rate in rates.items()
    ]
    return int(not all(met))


async def raw(_scope, _receive, send) -> None:
    """As little as an ASGI application can do for such an answer."""
    headers = [
        (b"x-repo-commit", b"5" * 40),
        (b"etag", b'"' + b"6" * 40 + b'"'),
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-disposition", b"inline; filename*=UTF-8''config.json; filename=\"config.json\";"),
        (b"accept-ranges", b"bytes"),
        (b"content-length", b"2"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


if __name__ == "__main__":
    sys.exit(main())
