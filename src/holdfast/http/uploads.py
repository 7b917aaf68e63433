"""Receives large bodies in large batches: a thread hashes and writes one while the next one fills.

Where the server offers it (`http.direct_bodies`), the kernel fills the batches itself. Elsewhere body events are copied
into them: they are small (64 to 256 KiB), and handing each of them to a thread, or hashing on the event loop, costs
more than a copy. Measured in benchmarks/upload.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Protocol

from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.http.call import Call

BATCH_BYTES = 1024 * 1024
"""Small enough that what the kernel wrote is still in the cache of a processor when it is hashed."""
DIRECT_BODY = "holdfast.direct_body"
"""Where a server that can puts a `BeginDirectBody` into the scope of a request with Content-Length."""
_WORTH_BYTES = 256 * 1024

Sink = Callable[[memoryview], None]


class DirectBody(Protocol):
    """The rest of a body, which goes past the server's parser."""

    async def fill(self, room: memoryview) -> None:
        """Return once `room` is full; it must not be larger than the rest. Raises ClientDisconnect."""
        ...

    def leave(self) -> None:
        """The rest, if any, is not wanted: the server lets it pass."""
        ...


BeginDirectBody = Callable[[int], DirectBody]
"""Told how many bytes are still to come. To be called as soon as `receive` returned the others: more may come in any
await between."""


def declared_length(call: Call) -> int | None:
    """The request's Content-Length in bytes; None when it is chunked.

    Raises:
        InvalidInput: not a number.
    """
    word = call.headers.get("content-length")
    if word is None:
        return None
    if not (word.isascii() and word.isdecimal() and len(word) < 20):
        raise InvalidInput(field="Content-Length", problem="must be a whole number")
    return int(word)


def require_length(call: Call, size_bytes: int) -> None:
    """Refuse a body before it is read when its declared length is not the one expected.

    Raises:
        TooLarge, InvalidInput: longer, shorter.
    """
    length = declared_length(call)
    if length is not None and length > size_bytes:
        raise TooLarge(what="The request body", limit=f"{size_bytes} bytes")
    if length is not None and length < size_bytes:
        raise InvalidInput(field="Content-Length", problem=f"must be {size_bytes}; got {length}")


async def receive_body(call: Call, sink: Sink, batch_bytes: int = BATCH_BYTES) -> None:
    """Pass the whole body to `sink`, in a thread, batch by batch; no batch is in work any more on return.

    Args:
        call: the request.
        sink: gets a view that is valid only during the call.
        batch_bytes: size of all batches but the last.

    Raises:
        ClientDisconnect: the client went away before the end.
        HoldfastError: whatever `sink` raises.
    """
    length = declared_length(call)
    batches = _Batches(call, sink, batch_bytes if length is None else max(1, min(batch_bytes, length)))
    begin: BeginDirectBody | None = call.scope.get(DIRECT_BODY)
    try:
        async with aclosing(call.stream()) as pieces:
            async for piece in pieces:
                remaining = (length or 0) - batches.added - len(piece)
                if begin is not None and remaining >= _WORTH_BYTES:
                    await batches.add_rest(piece, begin(remaining), remaining)
                    break
                await batches.add(piece)
        await batches.flush()
    finally:
        await batches.settle()


class _Batches:
    """Two buffers that change places: one fills while the sink works on the other."""

    def __init__(self, call: Call, sink: Sink, size_bytes: int) -> None:
        self._call = call
        self._sink = sink
        self._size = size_bytes
        self._filling = memoryview(bytearray(size_bytes))
        self._spare: memoryview | None = None
        self._filled = 0
        self._work: asyncio.Future[None] | None = None
        self.added = 0

    async def add(self, piece: bytes) -> None:
        rest = memoryview(piece)
        self.added += rest.nbytes
        while rest.nbytes:
            count = min(rest.nbytes, self._size - self._filled)
            self._filling[self._filled : self._filled + count] = rest[:count]
            self._filled += count
            rest = rest[count:]
            if self._filled == self._size:
                await self._hand_over()

    async def add_rest(self, piece: bytes, body: DirectBody, size_bytes: int) -> None:
        try:
            await self.add(piece)
            while size_bytes:
                room = self._filling[self._filled : self._filled + size_bytes]
                await body.fill(room)
                self._filled += room.nbytes
                size_bytes -= room.nbytes
                if self._filled == self._size:
                    await self._hand_over()
        finally:
            body.leave()

    async def flush(self) -> None:
        if self._filled:
            await self._hand_over()
        if self._work is not None:
            await self._work

    async def settle(self) -> None:
        """Wait for the sink without minding its errors, so that the caller may close it."""
        if self._work is not None and not self._work.done():
            await asyncio.wait([self._work])

    async def _hand_over(self) -> None:
        full = self._filling[: self._filled]
        if self._work is not None:
            await self._work
        self._work = asyncio.ensure_future(self._call.run(self._sink, full))
        self._filling, self._spare = self._spare or memoryview(bytearray(self._size)), self._filling
        self._filled = 0
