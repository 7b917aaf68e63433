"""Upload of one large file to a real `holdfast serve`, beside a raw receive + SHA-256 + write loop: server CPU per GiB.

Both receive the same bytes by turns, verify their SHA-256 and keep them; the Hub does so as git-lfs asks for it, with
its database, and makes the file durable, which the loop does not.

    python -m benchmarks.upload [--mebibytes 1024] [--rounds 5]
"""

from __future__ import annotations

import argparse
import hashlib
import re
import socket
import sys
import tempfile
from pathlib import Path

from benchmarks.clients import Repeated, create_repo, put_bytes, upload_actions
from benchmarks.harness import MEBIBYTE, Contender, Program, free_port, interleave, row, wait_for_port
from tests.live_server import LiveServer, User, live_server

ALICE = User("alice")
GOAL = 0.65


def main() -> int:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve-raw", nargs=2, metavar=("PORT", "FOLDER"))
    arguments = parser.parse_args()
    if arguments.serve_raw:
        serve_raw(int(arguments.serve_raw[0]), Path(arguments.serve_raw[1]))
    with (
        tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name,
        live_server(Path(name) / "data", users=[ALICE]) as server,
    ):
        port = free_port()
        limit = Program([sys.executable, "-m", "benchmarks.upload", "--serve-raw", port, name], Path(name) / "raw.log")
        try:
            wait_for_port(port, 20)
            return compare(limit.pid, f"http://127.0.0.1:{port}", server, arguments.mebibytes, arguments.rounds)
        finally:
            limit.stop()


def compare(raw_pid: int, raw_url: str, server: LiveServer, mebibytes: int, rounds: int) -> int:
    """Measure both servers by turns; every round has a content of its own."""
    repo_id = create_repo(server, ALICE, "model")
    contents = [Repeated.random(mebibytes) for _ in range(rounds + 1)]

    def to_hub(number: int) -> None:
        upload = upload_actions(server, ALICE, repo_id, contents[number].oid, contents[number].size)["upload"]
        put_bytes(upload["href"], contents[number])

    def to_raw(number: int) -> None:
        put_bytes(f"{raw_url}/{contents[number].oid}", contents[number])

    def forget() -> None:
        for path in (server.data_dir / "objects").rglob("*"):
            if path.is_file() and path.stat().st_size >= mebibytes * MEBIBYTE:
                path.unlink()

    contents.append(Repeated.random(1))
    to_hub(-1), to_raw(-1)  # warm
    costs = interleave(
        {"raw": Contender(raw_pid, to_raw), "hub": Contender(server.process.pid, to_hub, reset=forget)}, rounds
    )
    row("upload, loop of receive, SHA-256 and write", costs["raw"].cpu_median * 1024 / mebibytes, "CPU-s per GiB")
    row("upload, holdfast serve (LFS)", costs["hub"].cpu_median * 1024 / mebibytes, "CPU-s per GiB")
    ratio = costs["raw"].cpu_median / costs["hub"].cpu_median
    return int(not row("upload, ratio of the two", ratio, "", at_least=GOAL))


def serve_raw(port: int, folder: Path) -> None:
    """The limit: one blocking loop, one buffer."""
    buffer = memoryview(bytearray(MEBIBYTE))
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        connection = listener.accept()[0]
        with connection, (folder / "received").open("wb", buffering=0) as file:
            head = b""
            while b"\r\n\r\n" not in head and (byte := connection.recv(1)):
                head += byte
            match = re.search(rb"PUT /(\w+).*Content-Length: (\d+)", head, re.DOTALL)
            if match is None:
                continue
            remaining, found = int(match[2]), hashlib.sha256()
            while remaining:
                count = connection.recv_into(buffer, min(remaining, len(buffer)))
                found.update(buffer[:count])
                file.write(buffer[:count])
                remaining -= count
            assert found.hexdigest() == match[1].decode()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


if __name__ == "__main__":
    sys.exit(main())
