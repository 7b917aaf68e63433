"""Sends answers: whole, or as events while the model makes them; and stops the model when nobody listens any more.

Source: html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

import orjson
from starlette.responses import Response, StreamingResponse

from holdfast.backends.engines.protocol import Answer
from holdfast.base.errors import HoldfastError, ModelFailed
from holdfast.http.call import Call, ClientDisconnect

T = TypeVar("T")

_EVENT_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


async def while_connected(call: Call, work: Coroutine[Any, Any, T]) -> T:
    """The result of the work, which is cancelled when the client goes away.

    Raises:
        ClientDisconnect: it did.
    """
    task = asyncio.create_task(work)
    gone = asyncio.create_task(_gone(call))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnect
        return task.result()
    finally:
        gone.cancel()
        task.cancel()


async def _gone(call: Call) -> None:
    while (await call.receive())["type"] != "http.disconnect":
        pass


def answer_object(answer: Answer) -> dict[str, Any]:
    """An answer as a JSON object.

    Raises:
        ModelFailed: it is none; servers elsewhere can say anything.
    """
    value = orjson.loads(answer.body)
    if not isinstance(value, dict) or not value.get("choices"):
        raise ModelFailed(reason="it answered with something unknown")
    return value


def whole(answer: Answer) -> Response:
    """An answer as the engine gave it."""
    return Response(answer.body, media_type=answer.media_type)


async def events(
    call: Call,
    chunks: AsyncGenerator[bytes, None],
    error_body: Callable[[HoldfastError], dict[str, Any]],
    *,
    last: bytes = b"",
) -> Response:
    """Chunks of JSON as server-sent events. What fails before the first one is still an ordinary error.

    Args:
        call: the request.
        chunks: what to send; closed at the end, or when the client goes away.
        error_body: how an error looks in the middle of a stream.
        last: an event to send after the last one.
    """
    first = await while_connected(call, _first(chunks))
    body = _event_bytes(first, chunks, error_body, last)
    return StreamingResponse(body, headers=_EVENT_HEADERS, media_type="text/event-stream")


async def _first(chunks: AsyncGenerator[bytes, None]) -> bytes | None:
    return await anext(chunks, None)


async def _event_bytes(
    first: bytes | None,
    chunks: AsyncGenerator[bytes, None],
    error_body: Callable[[HoldfastError], dict[str, Any]],
    last: bytes,
) -> AsyncIterator[bytes]:
    async with aclosing(chunks):
        try:
            if first is not None:
                yield b"data: " + first + b"\n\n"
                async for chunk in chunks:
                    yield b"data: " + chunk + b"\n\n"
            if last:
                yield b"data: " + last + b"\n\n"
        except HoldfastError as error:
            yield b"data: " + orjson.dumps(error_body(error)) + b"\n\n"
