"""The least that a client must do to drive a server: requests written by hand, over sockets that stay open.

A real client spends a multiple of what the server does and would hide it; `peers.py` uses real ones.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.live_server import LiveServer, User

STEPS = Path(__file__).parents[1] / "tests" / "compat" / "scripts" / "xet.py"


class KeepAlive:
    """Sends the same request again and again over eight connections."""

    def __init__(self, url: str, connections: int = 8) -> None:
        self._place = urlsplit(url)
        self._connections = connections

    def head(self, path: str, count: int, headers: Mapping[str, str] | None = None) -> None:
        """Send HEAD `count` times; insist on 200."""
        lines = {"Host": self._place.netloc, "User-Agent": "bench; hf_hub/2.4.0", **(headers or {})}
        fields = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        request = f"HEAD {path} HTTP/1.1\r\n{fields}\r\n".encode()
        address = (self._place.hostname or "", self._place.port or 80)
        with ExitStack() as stack:
            open_ones = [stack.enter_context(socket.create_connection(address)) for _ in range(self._connections)]
            for _ in range(0, count, self._connections):
                for connection in open_ones:
                    connection.sendall(request)
                for connection in open_ones:
                    _read_head(connection)


def _read_head(connection: socket.socket) -> None:
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = connection.recv(65536)
        if not piece:
            raise RuntimeError("the server hung up")
        answer += piece
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"the server answered {answer[:500]!r}")


IDLE_SECONDS = 4.0
"""Servers hang up on idle connections, uvicorn after five seconds unless told otherwise."""
_connections: dict[str, tuple[http.client.HTTPConnection, float]] = {}


def call(server: LiveServer, method: str, path: str, body: Any = None, *, user: User | None = None) -> Any:
    """Send JSON (or bytes as they are) and return the decoded answer. The connection stays open, as clients' do."""
    place = urlsplit(path if path.startswith("http") else server.url + path)
    connection, last_used = _connections.get(place.netloc) or (http.client.HTTPConnection(place.netloc, timeout=600), 0)
    if time.monotonic() - last_used > IDLE_SECONDS:
        connection.close()
    headers = {"Content-Type": "application/json"}
    if user is not None:
        headers["Authorization"] = f"Bearer {user.token}"
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection.request(method, f"{place.path}?{place.query}" if place.query else place.path, data, headers)
    answer = connection.getresponse()
    content = answer.read()
    _connections[place.netloc] = connection, time.monotonic()
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path}: {answer.status} {content[:500]!r}")
    return json.loads(content) if content else None


def create_repo(server: LiveServer, user: User, name: str) -> str:
    """Create a public model and return its id."""
    call(server, "POST", "/api/repos/create", {"name": name, "type": "model"}, user=user)
    return f"{user.name}/{name}"


def commit(server: LiveServer, user: User, repo_id: str, files: Mapping[str, bytes | tuple[str, int]]) -> str:
    """Commit files: bytes are sent along, (SHA-256, size) point to what was uploaded before. Returns the commit."""
    lines: list[dict[str, Any]] = [{"key": "header", "value": {"summary": "bench"}}]
    for path, content in files.items():
        if isinstance(content, bytes):
            value = {"path": path, "encoding": "base64", "content": base64.b64encode(content).decode()}
            lines.append({"key": "file", "value": value})
        else:
            value = {"path": path, "algo": "sha256", "oid": content[0], "size": content[1]}
            lines.append({"key": "lfsFile", "value": value})
    body = "\n".join(json.dumps(line) for line in lines).encode()
    oid: str = call(server, "POST", f"/api/models/{repo_id}/commit/main", body, user=user)["commitOid"]
    return oid


@dataclass(frozen=True)
class Repeated:
    """A large content that needs no disk and little memory: a block, again and again."""

    block: bytes
    count: int
    oid: str

    @classmethod
    def random(cls, mebibytes: int) -> Repeated:
        """A block of 1 MiB that nobody had before."""
        return cls.of(os.urandom(1 << 20), mebibytes)

    @classmethod
    def of(cls, block: bytes, count: int) -> Repeated:
        """Hashes it."""
        found = hashlib.sha256()
        for _ in range(count):
            found.update(block)
        return cls(block, count, found.hexdigest())

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.block) * self.count


def upload_actions(server: LiveServer, user: User, repo_id: str, oid: str, size: int) -> dict[str, Any]:
    """Ask, as git-lfs does, where to upload an object."""
    asked = {"operation": "upload", "transfers": ["basic"], "objects": [{"oid": oid, "size": size}]}
    answer = call(server, "POST", f"/{repo_id}.git/info/lfs/objects/batch", asked, user=user)
    actions: dict[str, Any] = answer["objects"][0]["actions"]
    return actions


def put_bytes(url: str, content: Repeated) -> None:
    """PUT and insist on 200."""
    place = urlsplit(url)
    target = f"{place.path}?{place.query}" if place.query else place.path
    with socket.create_connection((place.hostname or "", place.port or 80)) as connection:
        fields = f"Host: {place.netloc}\r\nContent-Length: {content.size}\r\nConnection: close\r\n"
        connection.sendall(f"PUT {target} HTTP/1.1\r\n{fields}\r\n".encode())
        for _ in range(content.count):
            connection.sendall(content.block)
        _read_head(connection)


def put_large_file(server: LiveServer, user: User, repo_id: str, block: bytes, count: int) -> tuple[str, int]:
    """Upload a large file as git-lfs does; returns its SHA-256 and size."""
    content = Repeated.of(block, count)
    actions = upload_actions(server, user, repo_id, content.oid, content.size)
    put_bytes(actions["upload"]["href"], content)
    if "verify" in actions:
        call(server, "POST", actions["verify"]["href"], {"oid": content.oid, "size": content.size}, user=user)
    return content.oid, content.size


def upload_xet(server: LiveServer, user: User, repo_id: str, path: Path, name: str) -> None:
    """Upload a file with the real client, which speaks Xet."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HF_ENDPOINT": server.url,
        "HF_TOKEN": user.token,
        "HF_HOME": str(path.parent),
    }
    command = [sys.executable, str(STEPS), "upload", repo_id, str(path), name]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
