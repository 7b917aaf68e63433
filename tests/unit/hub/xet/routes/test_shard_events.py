"""Shards as seen by a client: progress, heartbeats, errors, overload, going away. Without a socket."""

import asyncio
import hashlib
import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from holdfast.base.errors import CorruptObject, Forbidden, InvalidAccessToken, Overloaded, TooLarge
from holdfast.base.identity import ANONYMOUS
from holdfast.http.admission import Admission
from holdfast.http.call import Call
from holdfast.http.urls import Urls
from holdfast.hub.xet.domain import Scope
from holdfast.hub.xet.routes import shards as module
from holdfast.hub.xet.routes.shards import ShardRoutes
from tests.factories.xet import REPO, claim_file, write_shard

CONTENT = random.Random(11).randbytes(100_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def routes(store):
    return ShardRoutes(store.xet.tokens, store.xet.shards, store.xet.validators, Admission(2), asyncio.Semaphore(1))


@pytest.fixture
def shard(store):
    index = store.store_xorb(CONTENT)
    return write_shard(claim_file((index, 0, len(index)), sha256=SHA256))


@pytest.fixture
def executor():
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.fixture
def request_of(store, executor):
    def make(body: bytes, scope: Scope = Scope.WRITE, token: str | None = None) -> Call:
        word = token or store.xet.tokens.issue(ANONYMOUS, None, None, scope).word
        headers = [(b"authorization", f"Bearer {word}".encode())]
        sent = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive():
            return next(sent)

        http = {"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": b""}
        return Call(http, receive, actor=ANONYMOUS, words={}, urls=Urls("http://x"), executor=executor)

    return make


async def events(response):
    return [json.loads(line) async for line in response.body_iterator]


def linked(store):
    with store.database.read() as connection:
        return store.objects.linked(connection, REPO, [SHA256])


def test_the_stream_ends_with_a_result(routes, request_of, shard, store):
    async def scenario():
        return await events(await routes.register_with_progress(request_of(shard)))

    *progress, last = asyncio.run(scenario())
    assert last == {"type": "result"}
    assert progress[-1] == {"type": "validating", "verified": len(CONTENT), "total": len(CONTENT)}
    assert linked(store) == {SHA256: len(CONTENT)}


def test_a_silent_stream_beats(routes, request_of, shard, monkeypatch, store):
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.05)
    slow = threading.Event()
    register = store.xet.shards.register.__func__

    def wait_and_register(self, *arguments):
        slow.wait(10)
        register(self, *arguments)

    monkeypatch.setattr(type(store.xet.shards), "register", wait_and_register)

    async def scenario():
        response = await routes.register_with_progress(request_of(shard))
        seen = []
        async for line in response.body_iterator:
            seen.append(json.loads(line))
            if len(seen) == 3:
                slow.set()
        return seen

    seen = asyncio.run(scenario())
    assert seen[:3] == [{"type": "validating", "verified": 0, "total": 0}] * 3
    assert seen[-1] == {"type": "result"}


@pytest.mark.parametrize(
    ("error", "retryable", "words"),
    [
        (CorruptObject(field="sha256", problem="is not that"), False, "`sha256` is not that"),
        (Overloaded(), True, "busy"),
        (RuntimeError("secret"), False, "went wrong"),
    ],
)
def test_late_errors_come_as_an_event(routes, request_of, shard, monkeypatch, store, error, retryable, words):
    def fail(self, *_):
        raise error

    monkeypatch.setattr(type(store.xet.shards), "register", fail)

    async def scenario():
        return await events(await routes.register_with_progress(request_of(shard)))

    last = asyncio.run(scenario())[-1]
    assert (last["type"], last["retryable"], words in last["message"]) == ("error", retryable, True)
    assert "secret" not in last["message"]


def test_early_errors_have_their_own_status(routes, request_of, shard):
    async def scenario(call):
        await routes.register_with_progress(call)

    for call, expected in (
        (request_of(shard[:-1]), CorruptObject),
        (request_of(b""), CorruptObject),
        (request_of(shard, Scope.READ), Forbidden),
        (request_of(shard, token="x"), InvalidAccessToken),
    ):
        with pytest.raises(expected):
            asyncio.run(scenario(call))


def test_a_body_over_the_limit_is_refused_while_it_comes(routes, request_of, monkeypatch):
    monkeypatch.setattr(module, "MAX_SHARD_BYTES", 10)
    with pytest.raises(TooLarge):
        asyncio.run(routes.register(request_of(bytes(11))))


def test_too_many_at_once_are_told_to_come_back(routes, request_of, shard, store):
    with routes.admission.enter(), routes.admission.enter(), pytest.raises(Overloaded):
        asyncio.run(routes.register(request_of(shard)))
    assert routes.admission.inside == 0
    asyncio.run(routes.register(request_of(shard)))
    assert linked(store)


def test_a_client_that_goes_away_finds_its_shard_registered(routes, request_of, shard, store, monkeypatch):
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)

    async def scenario():
        response = await routes.register_with_progress(request_of(shard))
        await response.body_iterator.aclose()
        (task,) = routes._tasks
        await asyncio.wait([task])

    asyncio.run(scenario())
    assert linked(store) == {SHA256: len(CONTENT)}
    assert not routes._tasks
