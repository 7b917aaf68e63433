"""Endpoints that take in shards: with progress (v2), or silent until the end (v1).

Once a shard is proved by its hashes, it is registered even if the client goes away, so that its next try is quick.
Source: xet-core xet_client/src/cas_client/shard_upload_v2.rs and cas_types `ShardUploadEvent`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.responses import Response, StreamingResponse

from holdfast.base.errors import HoldfastError, Overloaded
from holdfast.http.admission import Admission
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.hub.xet.domain import CasClaim, Scope
from holdfast.hub.xet.formats.shard import MAX_SHARD_BYTES
from holdfast.hub.xet.routes.cas import cas_routes, read_claim
from holdfast.hub.xet.service.shards import CheckedShard, Progress, ShardService
from holdfast.hub.xet.service.tokens import CasTokens

logger = logging.getLogger("holdfast.xet")

POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 15.0
"""Clients give up after 300 silent seconds, proxies after about 60."""


@dataclass(frozen=True)
class ShardRoutes:
    """Endpoints of `ShardService`.

    Args:
        validators: threads that prove shards by their hashes.
        admission: limits the shards being received or proved, and those waiting for their turn.
        turns: limits the shards whose files are being read.
    """

    tokens: CasTokens
    shards: ShardService
    validators: Executor
    admission: Admission
    turns: asyncio.Semaphore
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def table(self) -> tuple[Route, ...]:
        """The routes."""
        old = "/shard/{namespace}/{hash}"
        return (
            *cas_routes("POST", self.register_with_progress, "/v2/shards"),
            *cas_routes("POST", self.register, "/v1/shards", "/shards", old),
            *cas_routes("PUT", self.register, old),
        )

    async def register(self, call: Call) -> Response:
        """POST a shard; the answer comes when all of it is recorded. The number in it has no meaning."""
        task = await self._begin(call, Progress())
        await asyncio.shield(task)
        return json_response({"result": 1})

    async def register_with_progress(self, call: Call) -> Response:
        """POST a shard; the answer is a stream of events that ends with a result or an error."""
        progress = Progress()
        task = await self._begin(call, progress)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_events(task, progress), headers=headers, media_type="application/x-ndjson")

    async def _begin(self, call: Call, progress: Progress) -> asyncio.Task[None]:
        claim = read_claim(call, self.tokens, Scope.WRITE)
        with self.admission.enter():
            body = await call.limited_body(MAX_SHARD_BYTES)
            proving = asyncio.get_running_loop().run_in_executor(self.validators, self.shards.check, body)
            shard = await proving
        task = asyncio.create_task(self._register(call, claim, shard, progress))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def _register(self, call: Call, claim: CasClaim, shard: CheckedShard, progress: Progress) -> None:
        with self.admission.enter():
            await self.turns.acquire()
        try:
            await call.run(self.shards.register, claim, shard, progress)
        finally:
            self.turns.release()

    def _ended(self, task: asyncio.Task[None]) -> None:
        # Also marks the error as seen, for nobody waits any more when the client has gone.
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, HoldfastError):
            logger.error("registering a shard failed", exc_info=error)


async def _events(task: asyncio.Task[None], progress: Progress) -> AsyncIterator[bytes]:
    clock = asyncio.get_running_loop().time
    said, said_at = (-1, -1), 0.0
    while not task.done():
        await asyncio.wait([task], timeout=POLL_SECONDS)
        now = (progress.verified, progress.total)
        if now != said or clock() - said_at >= HEARTBEAT_SECONDS:
            said, said_at = now, clock()
            yield _line({"type": "validating", "verified": now[0], "total": now[1]})
    yield _line(_last_event(task))


def _last_event(task: asyncio.Task[None]) -> dict[str, Any]:
    error = task.exception()
    if error is None:
        return {"type": "result"}
    message = error.message if isinstance(error, HoldfastError) else HoldfastError().message
    return {"type": "error", "message": message, "retryable": isinstance(error, Overloaded)}


def _line(event: dict[str, Any]) -> bytes:
    return orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE)
