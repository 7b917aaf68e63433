"""A proxy on the loopback interface that counts what clients send and receive, request by request.

Standard library only. It speaks just enough HTTP/1.1 to know where a request ends.
"""

from __future__ import annotations

import itertools
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_PIECE_BYTES = 256 * 1024
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked\r\n", re.IGNORECASE)


@dataclass
class Sent:
    """One request: its line and how many bytes it had, headers included."""

    method: str
    path: str
    size_bytes: int


@dataclass
class CountingProxy:
    """What went through so far. `url` is what clients use in place of the server's."""

    url: str
    sent: list[Sent] = field(default_factory=list)
    received_bytes: int = 0

    def of(self, *words: str) -> list[Sent]:
        """Requests whose line holds all of the words."""
        return [request for request in self.sent if all(word in f"{request.method} {request.path}" for word in words)]

    def sent_bytes(self, *words: str) -> int:
        """Bytes of those requests."""
        return sum(request.size_bytes for request in self.of(*words))

    def clear(self) -> None:
        """Begin to count anew."""
        self.sent.clear()
        self.received_bytes = 0


@contextmanager
def counting_proxy(server_url: str) -> Iterator[CountingProxy]:
    """Forward a free port to the server for as long as the block lasts."""
    target = (urlsplit(server_url).hostname, urlsplit(server_url).port)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        proxy = CountingProxy(f"http://127.0.0.1:{listener.getsockname()[1]}")
        threading.Thread(target=_accept, args=(listener, target, proxy), daemon=True).start()
        yield proxy
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener, target, proxy):
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(target)
            threading.Thread(target=_up, args=(client, server, proxy), daemon=True).start()
            threading.Thread(target=_down, args=(server, client, proxy), daemon=True).start()


def _up(client, server, proxy):
    with client, server, client.makefile("rb", _PIECE_BYTES) as incoming, suppress(OSError):
        while head := _read_head(incoming):
            method, path, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            request = Sent(method, path, 0)
            proxy.sent.append(request)
            for piece in itertools.chain([head], _body(head, incoming)):
                server.sendall(piece)
                request.size_bytes += len(piece)
        server.shutdown(socket.SHUT_WR)


def _down(server, client, proxy):
    with suppress(OSError):
        while piece := server.recv(_PIECE_BYTES):
            proxy.received_bytes += len(piece)
            client.sendall(piece)
        client.shutdown(socket.SHUT_WR)


def _read_head(incoming):
    lines = []
    while (line := incoming.readline()) not in (b"", b"\r\n"):
        lines.append(line)
    return b"".join([*lines, line]) if lines else b""


def _body(head, incoming):
    if _CHUNKED.search(head):
        while line := incoming.readline():
            size = int(line.split(b";")[0], 16)
            yield line + incoming.read(size + 2)
            if size == 0:
                return
    length = _LENGTH.search(head)
    left = int(length.group(1)) if length else 0
    while left and (piece := incoming.read1(min(left, _PIECE_BYTES))):
        left -= len(piece)
        yield piece
