"""One request to a git program and its answer, streamed both ways at once with backpressure.

A feeder passes the request's body to the process and then watches for the client's leaving; the response passes the
process's output on. Whatever goes wrong on either side ends the process with all its children.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from holdfast.base.errors import HoldfastError, InvalidInput, StorageFull
from holdfast.http.call import ClientDisconnect
from holdfast.hub.git.bodies import RequestBody
from holdfast.hub.git.processes import GitProcess
from holdfast.hub.git.programs import Command

logger = logging.getLogger("holdfast.hub.git")

IDLE_SECONDS = 300.0
"""How long a client may neither send nor take anything. While git thinks, it sends a sign of life every 5 seconds."""

SILENCE_SECONDS = 1800.0
"""How long git itself may say nothing once it has everything: it works on a large push of a client without sideband."""

NO_CACHE = (
    (b"cache-control", b"no-cache, max-age=0, must-revalidate"),
    (b"expires", b"Fri, 01 Jan 1980 00:00:00 GMT"),
    (b"pragma", b"no-cache"),
)


class Exchange:
    """A running git program with its request. `close` it, or give it to a `GitResponse`, which does."""

    def __init__(self, process: GitProcess, body: RequestBody, repo_path: Path) -> None:
        self._process = process
        self._body = body
        self._repo_path = repo_path
        self._resources = AsyncExitStack()
        self._body_ended = asyncio.Event()
        self._failure: HoldfastError | ClientDisconnect | None = None
        self._feeder = asyncio.create_task(self._feed())

    @classmethod
    async def start(cls, command: Command, body: RequestBody) -> Exchange:
        """Start the program.

        Raises:
            RepoNotFound: the repo's folder is gone.
        """
        return cls(await GitProcess.start(command), body, command.folder)

    def keep(self, resources: AsyncExitStack) -> None:
        """Give these back when the exchange is closed, whatever happens."""
        self._resources = resources

    async def output(self) -> AsyncIterator[bytes]:
        """What the program answers.

        Raises:
            ClientDisconnect: nobody listens any more.
            InvalidInput, TooLarge: the request's body is wrong.
            StorageFull: git found no room.
        """
        has_answered = False
        while piece := await self._read():
            has_answered = True
            yield piece
        status = await self._process.wait()
        await self._body_ended.wait()  # a client that is still sending would not listen
        if self._failure is not None:
            raise self._failure
        if status != 0 and not has_answered:  # otherwise the answer says what is wrong
            raise self._refusal()

    async def close(self) -> None:
        """End the program if it still runs, and give everything back."""
        self._feeder.cancel()
        try:
            await self._process.end()
            with suppress(asyncio.CancelledError):
                await self._feeder
        finally:
            await self._resources.aclose()

    async def _read(self) -> bytes:
        while True:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    return await self._process.read()
            except TimeoutError:
                if self._body_ended.is_set():
                    logger.warning("stopped a git process on %s that was silent for too long", self._repo_path)
                    self._process.stop()

    async def _feed(self) -> None:
        try:
            await self._pass_body_on()
            self._body_ended.set()
            await self._body.wait_for_disconnect()
            self._failure = ClientDisconnect()
            self._process.stop()
        except (HoldfastError, ClientDisconnect) as error:
            self._failure = error
            self._process.stop()
        finally:
            self._body_ended.set()

    async def _pass_body_on(self) -> None:
        is_reading = True
        async for piece in self._body.pieces():
            if is_reading:
                is_reading = await self._process.write(piece)
        self._process.close_input()

    def _refusal(self) -> HoldfastError:
        complaint = self._process.complaint.replace(f"{self._repo_path}", "the repo")
        if "No space left on device" in complaint or "Disk quota exceeded" in complaint:
            return StorageFull()
        last_line = complaint.splitlines()[-1] if complaint else "no reason given"
        return InvalidInput(field="body", problem=f"was refused by git: {last_line[:300]}")


class GitResponse(Response):
    """Streams an answer. The first piece is awaited by `begin`, so that early failures have a status."""

    def __init__(self, media_type: str, exchange: Exchange, pieces: AsyncIterator[bytes], first: bytes) -> None:
        self.status_code = 200
        self.background = None
        self.body = b""
        self.raw_headers = [(b"content-type", media_type.encode()), *NO_CACHE]
        self._exchange = exchange
        self._pieces = pieces
        self._first = first

    @classmethod
    async def begin(cls, media_type: str, exchange: Exchange, pieces: AsyncIterator[bytes]) -> GitResponse:
        """Wait for the first of `pieces`, which come from the exchange.

        Raises:
            HoldfastError: see `Exchange.output`; the exchange is closed then.
        """
        try:
            first = await anext(pieces, b"")
        except BaseException:
            await exchange.close()
            raise
        return cls(media_type, exchange, pieces, first)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry. An answer that breaks off is left without its end, so that no client takes it for whole."""
        del scope, receive  # the exchange's feeder is the one that receives
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await _send(send, self._first)
            async for piece in self._pieces:
                await _send(send, piece)
            await send({"type": "http.response.body", "body": b""})
        except (HoldfastError, TimeoutError) as error:
            logger.warning("broke off an answer to git: %s", error or "the client takes nothing")
        except ClientDisconnect:
            return
        finally:
            await self._exchange.close()


async def _send(send: Send, piece: bytes) -> None:
    async with asyncio.timeout(IDLE_SECONDS):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
