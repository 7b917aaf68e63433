"""The body of a git request: unpacked if the client packed it, within limits, and never waited for without end."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from starlette.types import Receive

from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.http.call import ClientDisconnect

_PIECE_BYTES = 256 * 1024
_BEGINNING_BYTES = 64
_GZIP = 31
"""zlib's word for: a gzip header and nothing else."""


class RequestBody:
    """The one reader of a request's messages.

    Args:
        receive: ASGI's.
        encoding: the `Content-Encoding` header, None without one.
        limit_bytes: of the unpacked body.
        idle_seconds: how long the client may be silent in the middle of it.

    Raises:
        InvalidInput: 415, an encoding that git does not use.
    """

    def __init__(self, receive: Receive, encoding: str | None, *, limit_bytes: int, idle_seconds: float) -> None:
        if encoding not in (None, "", "identity", "gzip", "x-gzip"):
            raise InvalidInput(status=415, field="Content-Encoding", problem="must be gzip or absent")
        self._receive = receive
        self._inflater = zlib.decompressobj(_GZIP) if encoding in ("gzip", "x-gzip") else None
        self._limit_bytes = limit_bytes
        self._idle_seconds = idle_seconds
        self.beginning = b""
        """The first bytes of the unpacked body, once they have come."""

    async def pieces(self) -> AsyncIterator[bytes]:
        """The unpacked body.

        Raises:
            InvalidInput: broken or truncated gzip; 408 when the client falls silent.
            TooLarge: beyond the limit.
            ClientDisconnect: the client is gone.
        """
        total_bytes = 0
        async for packed in self._messages():
            for piece in self._unpack(packed):
                total_bytes += len(piece)
                if total_bytes > self._limit_bytes:
                    raise TooLarge(what="The request body", limit=f"{self._limit_bytes} bytes")
                self.beginning = self.beginning or piece[:_BEGINNING_BYTES]
                yield piece
        if self._inflater is not None and not self._inflater.eof:
            raise InvalidInput(field="body", problem="is truncated gzip")

    async def wait_for_disconnect(self) -> None:
        """Wait until the client is gone; to be called after the body's end."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _messages(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self._next_message()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            more = message.get("more_body", False)
            if message.get("body"):
                yield message["body"]

    async def _next_message(self) -> Any:
        try:
            async with asyncio.timeout(self._idle_seconds):
                return await self._receive()
        except TimeoutError as error:
            problem = f"stopped arriving for {self._idle_seconds:.0f} seconds"
            raise InvalidInput(status=408, field="body", problem=problem) from error

    def _unpack(self, packed: bytes) -> Iterator[bytes]:
        if self._inflater is None:
            yield packed
            return
        while packed:
            try:
                piece = self._inflater.decompress(packed, _PIECE_BYTES)
            except zlib.error as error:
                raise InvalidInput(field="body", problem=f"is not valid gzip: {error}") from error
            if piece:
                yield piece
            if self._inflater.unused_data:
                raise InvalidInput(field="body", problem="goes on behind the end of its gzip data")
            packed = self._inflater.unconsumed_tail
