"""Large bodies go from the socket straight into the endpoint's buffers: one copy, where uvicorn's way makes five.

uvicorn's parser learns a body's length from its head and has nothing more to say until the next one. So an endpoint may
take the connection for as long as the body lasts: the kernel writes into the buffers that it gives, as many bytes at
once as there are, and reading rests while it gives none. Other servers do not offer this; `http.uploads` then reads
the body's events. Measured in benchmarks/upload.py.
Source: docs.python.org/3/library/asyncio-protocol.html#buffered-streaming-protocols; uvicorn
protocols/http/httptools_impl.py.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import httptools
from starlette.requests import ClientDisconnect
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from holdfast.http.uploads import DIRECT_BODY
from holdfast.http.zero_copy import ZeroCopyProtocol

_UNWANTED_BYTES = 64 * 1024


class DirectBodyProtocol(ZeroCopyProtocol):
    """Give it to uvicorn as `http=`."""

    _direct_body: _DirectBody | None = None

    def _offer(self, cycle: RequestResponseCycle) -> None:
        super()._offer(cycle)
        if cycle.scope["method"] in ("PUT", "POST"):
            names = {name for name, _ in cycle.scope["headers"]}
            if b"content-length" in names and b"transfer-encoding" not in names:
                scope: dict[str, Any] = cycle.scope  # type: ignore[assignment]  # ASGI lets servers add their own
                scope[DIRECT_BODY] = partial(_DirectBody, self, cycle)

    def heard(self) -> None:
        """Called when a piece of a body has come the direct way."""

    def end_body(self) -> None:
        """Read heads again, after a body of which the parser saw only the beginning."""
        self.parser = httptools.HttpRequestParser(self)
        self.transport.set_protocol(self)
        self.on_message_complete()
        self.flow.resume_reading()


class _DirectBody(asyncio.BufferedProtocol):
    """The rest of one request's body; see `http.uploads.DirectBody`."""

    def __init__(self, http: DirectBodyProtocol, cycle: RequestResponseCycle, remaining_bytes: int) -> None:
        self._http = http
        self._cycle = cycle
        self._remaining = remaining_bytes
        self._room: memoryview | None = None
        self._filled: asyncio.Future[None] | None = None
        self._is_wanted = True
        http.flow.pause_reading()
        http.transport.set_protocol(self)

    async def fill(self, room: memoryview) -> None:
        """See `DirectBody.fill`."""
        if self._cycle.disconnected:
            raise ClientDisconnect
        self._room = room[: self._remaining]
        self._filled = self._http.loop.create_future()
        self._http.flow.resume_reading()
        await self._filled

    def leave(self) -> None:
        """See `DirectBody.leave`."""
        self._is_wanted = False
        if self._remaining and not self._cycle.disconnected:
            self._room = memoryview(bytearray(_UNWANTED_BYTES))
            self._http.flow.resume_reading()

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Where the next bytes go."""
        assert self._room is not None
        return self._room[: self._remaining]

    def buffer_updated(self, nbytes: int) -> None:
        """Count them."""
        self._http.heard()
        self._remaining -= nbytes
        if self._is_wanted and self._room is not None:
            self._room = self._room[nbytes:]
            if not self._room.nbytes:
                self._http.flow.pause_reading()
                self._wake()
        if not self._remaining:
            self._http.end_body()

    def eof_received(self) -> None:
        """The client sends no more: the transport closes."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the request and whoever waits."""
        self._http.connection_lost(exc)
        self._wake()

    def pause_writing(self) -> None:
        """An answer given before the end of the body."""
        self._http.pause_writing()

    def resume_writing(self) -> None:
        """The same."""
        self._http.resume_writing()

    def _wake(self) -> None:
        if self._filled is None or self._filled.done():
            return
        if self._cycle.disconnected:
            self._filled.set_exception(ClientDisconnect())
        else:
            self._filled.set_result(None)
