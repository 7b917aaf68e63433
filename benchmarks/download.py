"""Download of one large file: our byte response on uvicorn beside a raw socket with os.sendfile.

Both servers run in processes of their own and send the same file, by turns; the client throws the bytes away in the
kernel. The figure is CPU seconds of the server process (user + system) per GiB, and the ratio of the two medians.

    python benchmarks/download.py [--mebibytes 1024] [--rounds 5] [--connections 1]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvicorn

from holdfast.backends.blobs.local import LocalBlobStore
from holdfast.http.files import ByteResponse
from holdfast.http.zero_copy import ZeroCopyProtocol
from holdfast.hub.objects.blobs import BlobSource, blob_key

SHA256 = "ab" * 32
GIBIBYTE = 1 << 30
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mebibytes", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--serve", choices=["sendfile", "holdfast"])
    parser.add_argument("--root", type=Path)
    arguments = parser.parse_args()
    if arguments.serve:
        listener = socket.socket(fileno=0)
        {"sendfile": serve_sendfile, "holdfast": serve_holdfast}[arguments.serve](arguments.root, listener)
        return
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        root = Path(folder)
        write_blob(root, arguments.mebibytes)
        compare(root, arguments)


def write_blob(root: Path, mebibytes: int) -> None:
    """Store one blob of random bytes."""
    writer = LocalBlobStore(root).create()
    for _ in range(mebibytes):
        writer.write(os.urandom(1 << 20))
    writer.publish(blob_key(SHA256))


def compare(root: Path, arguments: argparse.Namespace) -> None:
    """Measure both servers by turns."""
    seconds: dict[str, list[float]] = {"sendfile": [], "holdfast": []}
    servers = {name: Server(name, root) for name in seconds}
    try:
        for _ in range(arguments.rounds):
            for name, server in servers.items():
                before = server.cpu_seconds()
                # Several times, because the kernel counts CPU time in steps of 10 ms.
                received = sum(fetch_all(server.port, arguments.connections) for _ in range(4))
                seconds[name].append((server.cpu_seconds() - before) * GIBIBYTE / received)
    finally:
        for server in servers.values():
            server.stop()
    limit, ours = (statistics.median(seconds[name]) for name in ("sendfile", "holdfast"))
    for name, values in seconds.items():
        print(f"{name:9} {statistics.median(values):.3f} CPU-s/GiB   {[round(value, 3) for value in values]}")
    print(f"ratio {limit / ours:.2f} (goal 0.60), {arguments.mebibytes} MiB, {arguments.connections} connection(s)")


class Server:
    """A server process that inherits its listening socket."""

    def __init__(self, name: str, root: Path) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(64)
            self.port = listener.getsockname()[1]
            command = [sys.executable, __file__, "--serve", name, "--root", str(root)]
            self._process = subprocess.Popen(command, stdin=listener)
        fetch_all(self.port, 1)  # warm: imports done, file in the page cache

    def cpu_seconds(self) -> float:
        """User and system time of the process so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def fetch_all(port: int, connections: int) -> int:
    """Fetch the file over several connections at once; returns the bytes received."""
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(fetch(port))) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(results)


def fetch(port: int) -> int:
    """Fetch the file once, dropping its bytes in the kernel (MSG_TRUNC)."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1)
        match = re.search(rb"content-length: (\d+)", head.lower())
        assert match is not None
        expected, received = int(match[1]), 0
        while received < expected:
            count = len(connection.recv(1 << 20, socket.MSG_TRUNC)) or drained(connection)
            received += count
        return received


def drained(connection: socket.socket) -> int:
    """Called when a read gave nothing: the server broke off."""
    raise RuntimeError(f"the server closed {connection.getpeername()} too early")


def serve_sendfile(root: Path, listener: socket.socket) -> None:
    """The limit: one thread per connection, the kernel copies."""
    path = LocalBlobStore(root).path(blob_key(SHA256))

    def answer(connection: socket.socket) -> None:
        with connection, path.open("rb") as file:
            connection.recv(65536)
            size = os.fstat(file.fileno()).st_size
            connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
            offset = 0
            while offset < size:
                offset += os.sendfile(connection.fileno(), file.fileno(), offset, 1 << 30)

    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],)).start()


def serve_holdfast(root: Path, listener: socket.socket) -> None:
    """Our byte response behind a bare ASGI callable."""
    source = BlobSource(LocalBlobStore(root))
    executor = ThreadPoolExecutor(4)

    async def run(function, *args):
        return await asyncio.get_running_loop().run_in_executor(executor, function, *args)

    async def application(scope, receive, send):
        headers = [(b"content-type", b"application/octet-stream"), (b"etag", f'"{SHA256}"'.encode())]
        await ByteResponse(source.open(SHA256), headers, None, run)(scope, receive, send)

    config = uvicorn.Config(application, lifespan="off", log_level="warning", loop="uvloop", http=ZeroCopyProtocol)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
