"""Upload of one large file: our receiver on uvicorn beside a raw loop of receive, SHA-256 and write.

Both servers run in processes of their own and take the same bytes, by turns. Ours also checks the announced hash and
size and makes the file durable (fsync, rename); the raw loop does not. The figure is CPU seconds of the server
process (user + system) per GiB, and the ratio of the two medians.

    python benchmarks/upload.py [--mebibytes 1024] [--rounds 5]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvicorn

from holdfast.backends.blobs.local import LocalBlobStore
from holdfast.base.identity import ANONYMOUS
from holdfast.http.call import Call
from holdfast.http.uploads import receive_body
from holdfast.http.urls import Urls
from holdfast.http.zero_copy import ZeroCopyProtocol
from holdfast.hub.objects.blobs import BlobReceiver

GIBIBYTE = 1 << 30
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", choices=["raw", "holdfast"])
    parser.add_argument("--root", type=Path)
    arguments = parser.parse_args()
    if arguments.serve:
        listener = socket.socket(fileno=0)
        {"raw": serve_raw, "holdfast": serve_holdfast}[arguments.serve](arguments.root, listener)
        return
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        compare(Path(folder), arguments)


def compare(root: Path, arguments: argparse.Namespace) -> None:
    """Measure both servers by turns."""
    block = os.urandom(1 << 20)
    sha256 = digest(block, arguments.mebibytes)
    seconds: dict[str, list[float]] = {"raw": [], "holdfast": []}
    servers = {name: Server(name, root / name) for name in seconds}
    try:
        for _ in range(arguments.rounds):
            for name, server in servers.items():
                before = server.cpu_seconds()
                send(server.port, sha256, block, arguments.mebibytes)
                used = server.cpu_seconds() - before
                seconds[name].append(used * GIBIBYTE / (arguments.mebibytes << 20))
                shutil.rmtree(root / name)
                (root / name / "tmp").mkdir(parents=True)
    finally:
        for server in servers.values():
            server.stop()
    limit, ours = (statistics.median(seconds[name]) for name in ("raw", "holdfast"))
    for name, values in seconds.items():
        print(f"{name:9} {statistics.median(values):.3f} CPU-s/GiB   {[round(value, 3) for value in values]}")
    print(f"ratio {limit / ours:.2f} (goal 0.65), {arguments.mebibytes} MiB")


def digest(block: bytes, count: int) -> str:
    """SHA-256 of `count` repetitions of a block."""
    found = hashlib.sha256()
    for _ in range(count):
        found.update(block)
    return found.hexdigest()


class Server:
    """A server process that inherits its listening socket."""

    def __init__(self, name: str, root: Path) -> None:
        root.mkdir()
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(64)
            self.port = listener.getsockname()[1]
            command = [sys.executable, __file__, "--serve", name, "--root", str(root)]
            self._process = subprocess.Popen(command, stdin=listener)
        block = b"x" * (1 << 20)
        send(self.port, digest(block, 1), block, 1)  # warm: imports done

    def cpu_seconds(self) -> float:
        """User and system time of the process so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def send(port: int, sha256: str, block: bytes, count: int) -> None:
    """PUT `count` repetitions of a block and insist on 200."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        length = len(block) * count
        head = f"PUT /{sha256} HTTP/1.1\r\nHost: bench\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        for _ in range(count):
            connection.sendall(block)
        status = connection.recv(65536)
        if not status.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the server answered {status[:500]!r}")


def serve_raw(root: Path, listener: socket.socket) -> None:
    """The limit: one blocking loop, one buffer."""
    buffer = memoryview(bytearray(1 << 20))
    while True:
        connection = listener.accept()[0]
        with connection, (root / "received").open("wb", buffering=0) as file:
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(1)
            match = re.search(rb"PUT /(\w+).*Content-Length: (\d+)", head, re.DOTALL)
            assert match is not None
            remaining, found = int(match[2]), hashlib.sha256()
            while remaining:
                count = connection.recv_into(buffer, min(remaining, len(buffer)))
                found.update(buffer[:count])
                file.write(buffer[:count])
                remaining -= count
            assert found.hexdigest() == match[1].decode()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def serve_holdfast(root: Path, listener: socket.socket) -> None:
    """Our receiver behind a bare ASGI callable."""
    blobs = LocalBlobStore(root)
    executor = ThreadPoolExecutor(4)

    async def application(scope, receive, send):
        call = Call(scope, receive, actor=ANONYMOUS, words={}, urls=Urls(""), executor=executor)
        size = int(call.headers["content-length"])
        receiver = await call.run(BlobReceiver, blobs, scope["path"][1:], size)
        await receive_body(call, receiver.write)
        await call.run(receiver.finish)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    config = uvicorn.Config(application, lifespan="off", log_level="warning", loop="uvloop", http=ZeroCopyProtocol)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
