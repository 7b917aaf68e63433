"""Exchanges with `sh` in the place of git."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack

import pytest

from holdfast.base.errors import InvalidInput, RepoNotFound, StorageFull, TooLarge
from holdfast.http.call import ClientDisconnect
from holdfast.hub.git import exchanges
from holdfast.hub.git.bodies import RequestBody
from holdfast.hub.git.exchanges import Exchange, GitResponse
from holdfast.hub.git.programs import Command


def exchange_with(script, tmp_path, messages, limit=10**9):
    """Run an exchange to its end; returns what it answered, or raises."""

    async def run():
        async with running(script, tmp_path, messages, limit) as exchange:
            return b"".join([piece async for piece in exchange.output()])

    return asyncio.run(run())


class running:
    def __init__(self, script, tmp_path, messages, limit=10**9):
        self.command = Command(["sh", "-c", script], {"PATH": os.environ["PATH"]}, tmp_path)
        self.messages = list(messages)
        self.limit = limit

    async def receive(self):
        if not self.messages:
            await asyncio.sleep(3600)
        message = self.messages.pop(0)
        if message is GONE_LATER:
            await asyncio.sleep(0.5)
        return message

    async def __aenter__(self):
        body = RequestBody(self.receive, None, limit_bytes=self.limit, idle_seconds=5)
        self.exchange = await Exchange.start(self.command, body)
        return self.exchange

    async def __aexit__(self, *_):
        await self.exchange.close()


def body(*pieces):
    return [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1}
        for number, piece in enumerate(pieces)
    ]


GONE = {"type": "http.disconnect"}
GONE_LATER = {"type": "http.disconnect"}


def test_bytes_go_through_both_ways(tmp_path):
    content = os.urandom(3_000_000)
    assert (
        exchange_with("cat", tmp_path, body(*[content[n : n + 70_000] for n in range(0, len(content), 70_000)]))
        == content
    )


def test_a_program_that_stops_reading_still_answers(tmp_path):
    pieces = [bytes(500_000)] * 20
    assert exchange_with("head -c 10 >/dev/null; echo enough", tmp_path, body(*pieces)) == b"enough\n"


def test_failure_without_an_answer_is_told(tmp_path):
    with pytest.raises(InvalidInput, match=r"refused by git: fatal: in the repo/x"):
        exchange_with(f"echo 'first' >&2; echo 'fatal: in {tmp_path}/x' >&2; exit 128", tmp_path, body(b"x"))
    with pytest.raises(InvalidInput, match="no reason given"):
        exchange_with("exit 1", tmp_path, body(b"x"))


def test_failure_with_an_answer_is_an_answer(tmp_path):
    assert exchange_with("echo ERR; exit 128", tmp_path, body(b"x")) == b"ERR\n"


def test_a_full_disk_is_told(tmp_path):
    with pytest.raises(StorageFull):
        exchange_with("echo 'fatal: write error: No space left on device' >&2; exit 128", tmp_path, body(b"x"))


def test_a_wrong_body_ends_the_program(tmp_path):
    with pytest.raises(TooLarge):
        exchange_with("cat >/dev/null; sleep 60", tmp_path, body(b"x" * 100, b""), limit=10)


def test_a_client_that_leaves_ends_the_program_and_its_children(tmp_path):
    mark = tmp_path / "alive"
    script = f"(sleep 1; touch {mark}) & sleep 60"
    with pytest.raises(ClientDisconnect):
        exchange_with(script, tmp_path, [*body(b"x"), GONE])
    with pytest.raises(ClientDisconnect):
        exchange_with(script, tmp_path, [{"type": "http.request", "body": b"x", "more_body": True}, GONE])
    asyncio.run(asyncio.sleep(1.3))
    assert not mark.exists()


def test_a_silent_program_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(exchanges, "SILENCE_SECONDS", 0.1)
    with pytest.raises(InvalidInput):
        exchange_with("cat >/dev/null; sleep 60", tmp_path, body(b"x"))


def test_a_repo_that_is_gone(tmp_path):
    with pytest.raises(RepoNotFound):
        exchange_with("true", tmp_path / "gone", body(b"x"))


def test_closing_gives_everything_back_even_in_the_middle(tmp_path):
    given_back = []

    async def run():
        async with running("yes", tmp_path, body(b"x")) as exchange:
            resources = AsyncExitStack()
            resources.callback(given_back.append, True)
            exchange.keep(resources)
            async for piece in exchange.output():
                assert piece
                break

    asyncio.run(run())
    assert given_back == [True]


def respond(script, tmp_path, send, messages=None):
    async def run():
        held = running(script, tmp_path, messages or body(b"x"))
        exchange = await held.__aenter__()
        response = await GitResponse.begin("text/x", exchange, exchange.output())
        await response({}, None, send)
        return held.exchange

    return asyncio.run(run())


def test_a_response_ends_properly(tmp_path):
    sent = []

    async def send(message):
        sent.append(message)

    respond("cat; echo y", tmp_path, send)
    assert sent[0]["status"] == 200
    assert (b"content-type", b"text/x") in sent[0]["headers"]
    assert b"".join(message["body"] for message in sent[1:]) == b"xy\n"
    assert [message.get("more_body", False) for message in sent[1:]][-1] is False


def test_a_response_that_breaks_off_has_no_end(tmp_path):
    sent = []

    async def send(message):
        sent.append(message)

    respond("echo begun; sleep 60", tmp_path, send, [*body(b"x"), GONE_LATER])
    assert [message["body"] for message in sent[1:]] == [b"begun\n"]
    assert all(message["more_body"] for message in sent[1:])


def test_a_client_that_takes_nothing_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(exchanges, "IDLE_SECONDS", 0.1)
    started = []

    async def send(message):
        if started:
            await asyncio.sleep(3600)
        started.append(message)

    respond("yes", tmp_path, send)


def test_failures_before_the_first_byte_have_a_status(tmp_path):
    async def send(message):
        raise AssertionError(message)

    with pytest.raises(InvalidInput):
        respond("exit 1", tmp_path, send)
