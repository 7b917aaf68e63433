"""The three addresses of git's smart HTTP protocol. The older "dumb" one is not spoken.

Source: git's Documentation/gitprotocol-http.txt; http-backend.c of git 2.39 for the headers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

from starlette.responses import Response

from holdfast.base.errors import Forbidden, InvalidInput
from holdfast.base.identity import Permission
from holdfast.base.ids import RepoId
from holdfast.http.call import Call
from holdfast.http.routing import Family, Route
from holdfast.hub.git import programs
from holdfast.hub.git.bodies import RequestBody
from holdfast.hub.git.exchanges import IDLE_SECONDS, Exchange, GitResponse
from holdfast.hub.git.hook import HookChannel
from holdfast.hub.git.programs import Program
from holdfast.hub.git.service import GitService

logger = logging.getLogger("holdfast.hub.git")

MAX_FETCH_REQUEST_BYTES = 64 * 1024 * 1024
"""A line for each ref and each commit that the client has."""


@dataclass(frozen=True)
class GitRoutes:
    """Endpoints of `GitService`."""

    git: GitService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        read, write = Permission.READ_REPO, Permission.WRITE_REPO
        return (
            Route("GET", "/{prefix}{repo}/info/refs", self.advertise, read, Family.GIT),
            Route("POST", "/{prefix}{repo}/git-upload-pack", self.fetch, read, Family.GIT),
            Route("POST", "/{prefix}{repo}/git-receive-pack", self.push, write, Family.GIT),
        )

    async def advertise(self, call: Call) -> Response:
        """GET …/info/refs?service=git-upload-pack|git-receive-pack."""
        program = _program(call)
        protocol = programs.check_protocol(call.headers.get("git-protocol"))
        find = self.git.find_for_fetch if program is Program.FETCH else self.git.find_for_push
        repo = await call.run(find, call.actor, call.repo_type, _repo_id(call))
        if program is Program.PUSH:
            protocol = None  # there is no newer protocol for pushes
        async with AsyncExitStack() as resources:
            await resources.enter_async_context(self.git.fetches.taken())
            command = programs.advertise(program, self.git.pool.path(repo.key), protocol)
            body = RequestBody(call.receive, None, limit_bytes=0, idle_seconds=IDLE_SECONDS)
            exchange = await Exchange.start(command, body)
            exchange.keep(resources.pop_all())
        pieces = _after(_announcement(program, protocol), exchange.output())
        return await GitResponse.begin(f"application/x-{program.value}-advertisement", exchange, pieces)

    async def fetch(self, call: Call) -> Response:
        """POST …/git-upload-pack."""
        protocol = programs.check_protocol(call.headers.get("git-protocol"))
        body = _body(call, Program.FETCH, MAX_FETCH_REQUEST_BYTES)
        repo = await call.run(self.git.find_for_fetch, call.actor, call.repo_type, _repo_id(call))
        async with AsyncExitStack() as resources:
            await resources.enter_async_context(self.git.fetches.taken())
            command = programs.fetch(self.git.pool.path(repo.key), protocol)
            exchange = await Exchange.start(command, body)
            exchange.keep(resources.pop_all())
        response = await GitResponse.begin(_result(Program.FETCH), exchange, exchange.output())
        if b"want " in body.beginning or b"command=fetch" in body.beginning:
            address = call.client.host if call.client else ""
            self.git.downloads.count(repo.key, address, call.actor.user_id)
        return response

    async def push(self, call: Call) -> Response:
        """POST …/git-receive-pack."""
        body = _body(call, Program.PUSH, programs.MAX_PUSH_BYTES)
        repo = await call.run(self.git.find_for_push, call.actor, call.repo_type, _repo_id(call))
        async with AsyncExitStack() as resources:
            await resources.enter_async_context(self.git.pushes.taken())
            channel = await call.run(self.git.open_channel, repo)
            resources.callback(channel.close)
            path = self.git.pool.path(repo.key)
            command = programs.push(path, self.git.hooks, channel.inherited, channel.environment)
            exchange = await Exchange.start(command, body)
            channel.child_started()
            loop = asyncio.get_running_loop()
            overseer = loop.run_in_executor(self.git.overseers, self.git.oversee, call.actor, repo, channel)
            resources.push_async_callback(_ended, overseer)
            exchange.keep(resources.pop_all())
        return await GitResponse.begin(_result(Program.PUSH), exchange, _until_indexed(exchange, channel, overseer))


def _program(call: Call) -> Program:
    name = call.query_params.get("service")
    for program in Program:
        if program.value == name:
            return program
    raise Forbidden(reason="Only git's smart HTTP protocol is served here. Please use git 1.6.6 or newer.")


def _repo_id(call: Call) -> RepoId:
    return RepoId.parse(call.words["repo"].removesuffix(".git"))


def _body(call: Call, program: Program, limit_bytes: int) -> RequestBody:
    wanted = f"application/x-{program.value}-request"
    if call.headers.get("content-type") != wanted:
        raise InvalidInput(status=415, field="Content-Type", problem=f"must be {wanted}")
    encoding = call.headers.get("content-encoding")
    return RequestBody(call.receive, encoding, limit_bytes=limit_bytes, idle_seconds=IDLE_SECONDS)


def _result(program: Program) -> str:
    return f"application/x-{program.value}-result"


def _announcement(program: Program, protocol: str | None) -> bytes:
    """What precedes the refs, except in protocol 2."""
    if protocol is not None and "version=2" in protocol.split(":"):
        return b""
    line = f"# service={program.value}\n".encode()
    return b"%04x%b0000" % (len(line) + 4, line)


async def _until_indexed(
    exchange: Exchange, channel: HookChannel, overseer: asyncio.Future[None]
) -> AsyncIterator[bytes]:
    """A push's answer. What git says after the decision is held back until everybody sees the refs as they are then."""
    held = []
    async for piece in exchange.output():
        if channel.is_decided:
            held.append(piece)
        else:
            yield piece
    await asyncio.shield(overseer)
    for piece in held:
        yield piece


async def _ended(overseer: asyncio.Future[None]) -> None:
    await asyncio.wait([overseer])
    error = overseer.exception()
    if error is not None:
        logger.warning("a push ended with an error: %s", error)


async def _after(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for piece in pieces:
        yield first + piece
        first = b""
