"""Serves stored bytes: whole, one range or several, with validators, HEAD and little CPU per byte.

`byte_response` decides (304, 416, 206, 200) before anything is opened; `ByteResponse` then sends. Bytes of a file that
lie in the page cache go to the socket by sendfile where the server offers that, else through the event loop in pieces
that keep it busy for a fraction of a millisecond. Whatever would wait for a disk or must be decoded is read in the
thread pool, decoded batches one ahead of the network. Knows nothing about repos or objects.
Source: RFC 9110 section 14; measured in benchmarks/download.py.
"""

from __future__ import annotations

import asyncio
import errno
import os
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from typing import Any, Protocol

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from holdfast.http.call import Call
from holdfast.http.ranges import ByteRange, if_none_match, if_range, parse_ranges

PIECE_BYTES = 512 * 1024
SENDFILE_BYTES = 4 * 1024 * 1024
ZERO_COPY = "http.response.zerocopysend"
"""The ASGI extension; `http.zero_copy` adds it to uvicorn."""
_READAHEAD_BYTES = 128 * 1024
_NOWAIT: int | None = getattr(os, "RWF_NOWAIT", None)

RawHeaders = list[tuple[bytes, bytes]]
Run = Callable[..., Awaitable[Any]]


class ByteSource(Protocol):
    """Opened bytes of known size."""

    @property
    def size_bytes(self) -> int:
        """Size of the whole."""
        ...

    @property
    def descriptor(self) -> int | None:
        """A file descriptor with exactly these bytes, or None when they must be decoded."""
        ...

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Bytes `start` up to `end`, in batches of about 1 MiB or more. Blocks."""
        ...

    def close(self) -> None:
        """Release it."""
        ...


class MemorySource:
    """A small file that is in memory already; a `ByteSource`."""

    descriptor = None

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size_bytes = len(content)

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """See `ByteSource.read`."""
        yield self.content[start:end]

    def close(self) -> None:
        """See `ByteSource.close`."""


async def byte_response(
    call: Call, headers: RawHeaders, size_bytes: int, entity_tag: str, open_source: Callable[[], ByteSource]
) -> Response:
    """Answer GET or HEAD for stored bytes, honouring Range, If-Range and If-None-Match.

    Args:
        call: the request.
        headers: everything that describes the file (content-type, etag, …); lengths and ranges are added here.
        size_bytes: size of the whole file.
        entity_tag: its strong validator with quotes; the caller also puts it into `headers`.
        open_source: opens the bytes, in a thread; not called for HEAD and 304.

    Raises:
        RangeNotSatisfiable: nothing of the file was asked for.
    """
    known = call.header(b"if-none-match")
    if known is not None and if_none_match(known, entity_tag):
        return _Bare(304, [(name, value) for name, value in headers if name != b"content-type"])
    headers = [*headers, (b"accept-ranges", b"bytes")]
    if call.method == "HEAD":
        return _Bare(200, [*headers, _length(size_bytes)])
    ranges = _ranges(call.header(b"range"), call.header(b"if-range"), size_bytes, entity_tag)
    return ByteResponse(await call.run(open_source), headers, ranges, call.run)


class ByteResponse(Response):
    """Sends an opened source and closes it.

    Args:
        source: closed at the end, whatever happens.
        headers: without Content-Length and Content-Range.
        ranges: None means the whole; several become multipart/byteranges.
        run: the thread pool, as `Call.run`.
    """

    def __init__(self, source: ByteSource, headers: RawHeaders, ranges: Sequence[ByteRange] | None, run: Run) -> None:
        self.background = None
        self.body = b""
        self._source = source
        self._run = run
        self._plan: list[bytes | ByteRange]
        if ranges is None:
            self.status_code = 200
            self._plan = [ByteRange(0, source.size_bytes)]
        elif len(ranges) == 1:
            self.status_code = 206
            self._plan = [ranges[0]]
            headers = [*headers, (b"content-range", ranges[0].content_range(source.size_bytes).encode())]
        else:
            self.status_code = 206
            headers, self._plan = _multipart(headers, ranges, source.size_bytes)
        total = sum(len(step) if isinstance(step, bytes) else step.size_bytes for step in self._plan)
        self.raw_headers = [*headers, _length(total)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        zero_copy = ZERO_COPY in scope.get("extensions", ())
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if isinstance(self._source, MemorySource):
                await send(_body(b"".join(self._in_memory(self._source)), more=False))
            else:
                await self._send_body(receive, send, zero_copy=zero_copy)
        finally:
            self._source.close()

    def _in_memory(self, source: MemorySource) -> Iterator[bytes]:
        for step in self._plan:
            yield step if isinstance(step, bytes) else source.content[step.start : step.end]

    async def _send_body(self, receive: Receive, send: Send, *, zero_copy: bool) -> None:
        # A server may swallow what is sent to a client that has gone: without this watch we would read on for nothing.
        gone = asyncio.ensure_future(_disconnect(receive))
        try:
            async with aclosing(self._messages(zero_copy=zero_copy)) as messages:
                async for message in messages:
                    if gone.done():
                        return
                    await send(message)
            await send(_body(b"", more=False))
        finally:
            gone.cancel()

    async def _messages(self, *, zero_copy: bool) -> AsyncGenerator[Message]:
        for step in self._plan:
            if isinstance(step, bytes):
                yield _body(step)
                continue
            async with aclosing(self._range_messages(step, zero_copy=zero_copy)) as messages:
                async for message in messages:
                    yield message

    def _range_messages(self, asked: ByteRange, *, zero_copy: bool) -> AsyncGenerator[Message]:
        file = self._source.descriptor
        if file is None:
            return self._decoded(asked)
        return self._sent(file, asked) if zero_copy else self._copied(file, asked)

    async def _sent(self, file: int, asked: ByteRange) -> AsyncGenerator[Message]:
        for position in range(asked.start, asked.end, SENDFILE_BYTES):
            length = min(SENDFILE_BYTES, asked.end - position)
            if not _is_cached(file, position, length):
                await self._run(os.pread, file, length, position)
            yield {"type": ZERO_COPY, "file": file, "offset": position, "count": length, "more_body": True}

    async def _copied(self, file: int, asked: ByteRange) -> AsyncGenerator[Message]:
        position = asked.start
        while position < asked.end:
            length = min(PIECE_BYTES, asked.end - position)
            if _is_cached(file, position, length):
                piece = os.pread(file, length, position)
            else:
                piece = await self._run(os.pread, file, length, position)
            if not piece:
                raise OSError(errno.EIO, f"stored file ends at {position}, before {asked.end}")
            position += len(piece)
            yield _body(piece)

    async def _decoded(self, asked: ByteRange) -> AsyncGenerator[Message]:
        batches = self._source.read(asked.start, asked.end)
        upcoming = asyncio.ensure_future(self._run(next, batches, None))
        try:
            while (batch := await upcoming) is not None:
                upcoming = asyncio.ensure_future(self._run(next, batches, None))
                yield _body(batch)
        finally:
            await asyncio.wait([upcoming])


def _body(data: bytes, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more}


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _is_cached(file: int, position: int, length: int) -> bool:
    # One byte of every readahead window is asked for without waiting; a window enters the page cache as a whole.
    # os.pread then needs no zeroed buffer and no copy, as preadv of the whole piece would.
    if _NOWAIT is None:
        return False
    byte = bytearray(1)
    last = position + length - 1
    try:
        for offset in range(position, last, _READAHEAD_BYTES):
            os.preadv(file, [byte], offset, _NOWAIT)
        os.preadv(file, [byte], last, _NOWAIT)
    except OSError:
        return False
    return True


def _ranges(
    header: str | None, condition: str | None, size_bytes: int, entity_tag: str
) -> tuple[ByteRange, ...] | None:
    if header is None or (condition is not None and not if_range(condition, entity_tag)):
        return None
    return parse_ranges(header, size_bytes)


def _multipart(
    headers: RawHeaders, ranges: Sequence[ByteRange], size_bytes: int
) -> tuple[RawHeaders, list[bytes | ByteRange]]:
    boundary = secrets.token_hex(12)
    content_type = dict(headers).get(b"content-type", b"application/octet-stream").decode("latin-1")
    plan: list[bytes | ByteRange] = []
    for asked in ranges:
        lead = "\r\n" if plan else ""
        part = f"--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {asked.content_range(size_bytes)}"
        plan += [f"{lead}{part}\r\n\r\n".encode("latin-1"), asked]
    plan.append(f"\r\n--{boundary}--\r\n".encode())
    kept = [(name, value) for name, value in headers if name != b"content-type"]
    return [*kept, (b"content-type", f"multipart/byteranges; boundary={boundary}".encode())], plan


class _Bare(Response):
    """Headers alone, exactly these."""

    def __init__(self, status: int, headers: RawHeaders) -> None:
        self.background = None
        self.body = b""
        self.status_code = status
        self.raw_headers = headers


def _length(size_bytes: int) -> tuple[bytes, bytes]:
    return b"content-length", str(size_bytes).encode()
