"""uvicorn with sendfile: the kernel hands a file's pages to the socket, no byte passes through Python. And quick HEADs.

uvicorn does not offer the ASGI extension `http.response.zerocopysend`; this protocol class adds it, for plain HTTP on
Linux. Without it (TLS, another server) `http.files` sends the same bytes the ordinary way.
Source: asgi.readthedocs.io/en/latest/extensions.html#zero-copy-send; uvicorn protocols/http/httptools_impl.py, whose
cycle keeps the count of bytes still owed in `expected_content_length`.
"""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from holdfast.http.files import ZERO_COPY


class ZeroCopyProtocol(HttpToolsProtocol):
    """Give it to uvicorn as `http=`."""

    _stalled: asyncio.Future[None] | None = None

    def on_headers_complete(self) -> None:
        """Offer the extension to the request that has just been read."""
        before = self.cycle
        super().on_headers_complete()
        cycle = self.cycle
        if cycle is before:
            return
        if cycle.scope["method"] == "HEAD":
            self._answer_heads(cycle)
        else:
            self._offer(cycle)

    def _offer(self, cycle: RequestResponseCycle) -> None:
        if self.scheme != "http" or self.transport.get_extra_info("socket") is None:
            return
        extensions: dict[str, dict[object, object]] = {ZERO_COPY: {}}
        cycle.scope["extensions"] = extensions
        ordinary = cycle.send

        async def send(message: Any) -> None:
            if message["type"] == ZERO_COPY:
                await self._send_file(cycle, message)
            else:
                await ordinary(message)

        cycle.send = send  # type: ignore[method-assign]  # the cycle's class is not ours to choose

    def _answer_heads(self, cycle: RequestResponseCycle) -> None:
        """Write the headers of an answer to HEAD at once: uvicorn looks at each one, a tenth of the cost."""
        ordinary = cycle.send

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start" and cycle.keep_alive and not self.flow.write_paused:
                block = _header_block([*cycle.default_headers, *message["headers"]])
                if block is not None and not cycle.disconnected and not cycle.response_started:
                    cycle.response_started = True
                    cycle.waiting_for_100_continue = False
                    self.transport.write(STATUS_LINE[message["status"]] + block + b"\r\n")
                    return
            await ordinary(message)

        cycle.send = send  # type: ignore[method-assign]

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake a transfer that waits for a client which has gone."""
        super().connection_lost(exc)
        if self._stalled is not None and not self._stalled.done():
            self._stalled.set_result(None)

    async def _send_file(self, cycle: RequestResponseCycle, message: Any) -> None:
        await self._flush(cycle)
        offset, end = message["offset"], message["offset"] + message["count"]
        connection: socket.socket = self.transport.get_extra_info("socket")
        while offset < end and not cycle.disconnected:
            try:
                sent = os.sendfile(connection.fileno(), message["file"], offset, end - offset)
            except BlockingIOError:
                await self._writable(connection)
                continue
            except OSError:
                self.transport.abort()
                return
            if sent == 0:
                raise OSError(f"the file ended at byte {offset}, before {end}")
            offset += sent
        cycle.expected_content_length -= message["count"]
        # A client as fast as the page cache must not keep the others waiting.
        await asyncio.sleep(0)

    async def _flush(self, cycle: RequestResponseCycle) -> None:
        """Wait until everything written before, such as the headers, is with the kernel."""
        if self.transport.get_write_buffer_size() == 0 or cycle.disconnected:
            return
        self.transport.set_write_buffer_limits(high=0)
        try:
            await self.flow.drain()
        finally:
            if not self.transport.is_closing():
                self.transport.set_write_buffer_limits()

    async def _writable(self, connection: socket.socket) -> None:
        # The event loop refuses to watch a descriptor that its transport owns; it watches a duplicate.
        watched = os.dup(connection.fileno())
        self._stalled = self.loop.create_future()
        try:
            self.loop.add_writer(watched, _wake, self._stalled)
            await self._stalled
        finally:
            self.loop.remove_writer(watched)
            self._stalled = None
            os.close(watched)


def _header_block(headers: list[tuple[bytes, bytes]]) -> bytes | None:
    """All headers in one piece; None when one is special or broken: uvicorn knows what to do then."""
    block = b"\r\n".join(map(b": ".join, headers)) + b"\r\n"
    is_clean = block.count(b"\n") == block.count(b"\r") == len(headers) and b"\0" not in block
    return block if is_clean and b"\nconnection: " not in block else None


def _wake(stalled: asyncio.Future[None]) -> None:
    if not stalled.done():
        stalled.set_result(None)
