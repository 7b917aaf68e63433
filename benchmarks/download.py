"""Download of one large file from a real `holdfast serve`, beside a raw socket with `os.sendfile`: server CPU per GiB.

Both send the same file from the page cache, by turns; the client throws the bytes away in the kernel.

    python -m benchmarks.download [--mebibytes 1024] [--rounds 5] [--connections 1]
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.clients import commit, create_repo, put_large_file
from benchmarks.harness import GIBIBYTE, MEBIBYTE, Contender, Program, free_port, interleave, row, wait_for_port
from tests.live_server import User, live_server

ALICE = User("alice")
GOAL = 0.6
PATH = "/alice/model/resolve/main/weights.bin"
FETCHES = 4
"""In each round, because the kernel counts CPU time in steps of 10 ms."""


def main() -> int:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--serve-raw", nargs=2, metavar=("PORT", "FILE"))
    arguments = parser.parse_args()
    if arguments.serve_raw:
        serve_sendfile(int(arguments.serve_raw[0]), Path(arguments.serve_raw[1]))
    with (
        tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name,
        live_server(Path(name) / "data", users=[ALICE]) as server,
    ):
        repo_id = create_repo(server, ALICE, "model")
        large = put_large_file(server, ALICE, repo_id, os.urandom(MEBIBYTE), arguments.mebibytes)
        commit(server, ALICE, repo_id, {"weights.bin": large})
        stored = max(server.data_dir.rglob("*"), key=lambda path: path.stat().st_size)
        port = free_port()
        script = [sys.executable, "-m", "benchmarks.download", "--serve-raw", port, stored]
        limit = Program(script, Path(name) / "raw.log")
        try:
            wait_for_port(port, 20)
            return compare(limit.pid, f"http://127.0.0.1:{port}", server.process.pid, server.url, arguments)
        finally:
            limit.stop()


def compare(raw_pid: int, raw_url: str, hub_pid: int, hub_url: str, arguments: argparse.Namespace) -> int:
    """Measure both servers by turns."""

    def act(url: str) -> int:
        return sum(fetch_all(url, arguments.connections) for _ in range(FETCHES))

    contenders = {"raw": Contender(raw_pid, lambda _: act(raw_url)), "hub": Contender(hub_pid, lambda _: act(hub_url))}
    interleave(contenders, 1)  # warm
    costs = interleave(contenders, arguments.rounds)
    sent = arguments.mebibytes * MEBIBYTE * FETCHES * arguments.connections / GIBIBYTE
    row("download, loop over os.sendfile", costs["raw"].cpu_median / sent, "CPU-s per GiB")
    row("download, holdfast serve", costs["hub"].cpu_median / sent, "CPU-s per GiB")
    ratio = costs["raw"].cpu_median / costs["hub"].cpu_median
    return int(not row("download, ratio of the two", ratio, "", at_least=GOAL))


def fetch_all(url: str, connections: int) -> int:
    """Fetch the file over several connections at once; returns the bytes received."""
    with ThreadPoolExecutor(connections) as pool:
        return sum(pool.map(fetch, [url] * connections))


def fetch(url: str) -> int:
    """Fetch the file once, dropping its bytes in the kernel (MSG_TRUNC)."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname or "", place.port or 80)) as connection:
        connection.sendall(f"GET {PATH} HTTP/1.1\r\nHost: {place.netloc}\r\nConnection: close\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1)
        match = re.search(rb"content-length: (\d+)", head.lower())
        assert match is not None, head
        expected, received = int(match[1]), 0
        while received < expected:
            count = len(connection.recv(1 << 20, socket.MSG_TRUNC))
            if count == 0:
                raise RuntimeError(f"{url} hung up after {received} bytes")
            received += count
        return received


def serve_sendfile(port: int, path: Path) -> None:
    """The limit: one thread per connection, the kernel copies."""

    def answer(connection: socket.socket) -> None:
        with connection, path.open("rb") as file:
            if not connection.recv(65536):
                return
            size = os.fstat(file.fileno()).st_size
            connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
            offset = 0
            while offset < size:
                offset += os.sendfile(connection.fileno(), file.fileno(), offset, 1 << 30)

    listener = socket.create_server(("127.0.0.1", port))
    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],)).start()


if __name__ == "__main__":
    sys.exit(main())
