"""Calls an ASGI application in this process: a request in, the whole answer out. No network, no client library."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What came back. Header names are lower case; of a repeated header the last counts."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str | None:
        """The Hub's error code."""
        return self.headers.get("x-error-code")


def call(app: Any, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
    """Send one request; `target` is the raw path with its query string."""
    return asyncio.run(_call(app, method, target, headers or {}, body))


async def _call(app: Any, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "headers": [(b"host", b"hub.test")]
        + [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    received = asyncio.Event()
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if received.is_set():
            await asyncio.sleep(3600)
        received.set()
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *rest = sent
    found = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(start["status"], found, b"".join(message.get("body", b"") for message in rest))
