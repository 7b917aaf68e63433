"""Server-sent events that go on for as long as a job does: its log and its metrics.

Every stream begins with what there is, stays silent but for `: keep-alive` while nothing comes, and ends with the job.
Source: huggingface_hub 2.4.0, `HfApi._stream_sse_events`: it reads lines that begin with `data: {` and counts them from
the first on; without `follow` it waits 5 seconds for the next. `id:` and the last event, `end`, are for browsers, whose
EventSource would otherwise connect again and again. html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import orjson
from starlette.responses import Response, StreamingResponse

from holdfast.base.errors import HoldfastError, InvalidInput
from holdfast.http.call import Call

KEEP_ALIVE_SECONDS = 30.0
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
_KEEP_ALIVE = b": keep-alive\n\n"
_END = b"event: end\ndata: end\n\n"


def event(value: Any, *, number: int | None = None, name: str | None = None) -> bytes:
    """A value as an event; `number` lets a browser go on after this one, `name` is its type."""
    head = b"" if number is None else b"id: %d\n" % number
    if name is not None:
        head += b"event: " + name.encode() + b"\n"
    return head + b"data: " + orjson.dumps(value) + b"\n\n"


def wanted_lines(call: Call) -> tuple[int, int | None]:
    """The number of the first line that is wanted, and of how many of the last instead; None: of no tail.

    A browser that connects again goes on after what it has; others say `tail`, or `start`, or get everything.

    Raises:
        InvalidInput: not a number.
    """
    seen = call.header(b"last-event-id")
    if seen is None:
        tail = call.number("tail", 0, 1, 2**31) if "tail" in call.query_params else None
        return call.number("start", 0, 0, 2**53), tail
    if not (seen.isascii() and seen.isdecimal() and len(seen) < 16):
        raise InvalidInput(field="Last-Event-ID", problem="must be the id of an event")
    return int(seen) + 1, None


def stream(call: Call, events: AsyncGenerator[bytes, None]) -> Response:
    """Answer with events; what goes wrong after the first of them ends the stream, and so does the server's end."""
    return StreamingResponse(_bytes(call, events), headers=_HEADERS, media_type="text/event-stream")


async def _bytes(call: Call, events: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    yield _KEEP_ALIVE  # so that proxies let the head through before the first event comes
    stopping = asyncio.create_task(call.stopping.wait())
    coming = asyncio.create_task(_next(events))
    found = b""
    try:
        while found is not _END and not stopping.done():
            waiting: set[asyncio.Task[Any]] = {coming, stopping}
            await asyncio.wait(waiting, timeout=KEEP_ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if coming.done():
                found = coming.result()
                yield found
                coming = asyncio.create_task(_next(events))
            elif not stopping.done():
                yield _KEEP_ALIVE
    except HoldfastError:  # the job was deleted, or is no longer the caller's to see
        return
    finally:
        # When the client has gone, this task is cancelled and can wait for nothing any more.
        coming.add_done_callback(lambda _: asyncio.ensure_future(events.aclose()))
        coming.cancel()
        stopping.cancel()


async def _next(events: AsyncGenerator[bytes, None]) -> bytes:
    return await anext(events, _END)
