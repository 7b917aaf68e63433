"""Ten thousand hostile requests to real models, and connections that lie: no 500, no dead worker, memory returns."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.end_to_end import hostile_models
from tests.end_to_end.hostile_questions import Hostile
from tests.live_server import User, live_server

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(
        not all(find_spec(name) for name in ("torch", "transformers", "skops")), reason="models run where they can"
    ),
]
COUNT = 10_000
ALICE = User("alice", admin=True)
MEBIBYTE = 1024 * 1024
_SLACK_BYTES = 400 * MEBIBYTE
"""Allocators keep what they have used once; a leak of one picture or long text a request would be gigabytes."""


@dataclass
class Served:
    """A server with models; each thread has a connection to it."""

    url: str
    process_id: int
    models: dict[str, str]
    local: threading.local = field(default_factory=threading.local)
    opened: list[http.client.HTTPConnection] = field(default_factory=list)

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return str(parts.hostname), int(parts.port or 0)

    def ask(self, question: Hostile) -> tuple[int, bytes]:
        """Status and body. A connection that the server has closed since is opened anew once."""
        for is_last in (False, True):
            connection = getattr(self.local, "connection", None) or http.client.HTTPConnection(
                *self.address, timeout=300
            )
            self.local.connection = connection
            self.opened.append(connection)
            try:
                return self._ask(connection, question)
            except (http.client.HTTPException, ConnectionError):
                connection.close()
                self.local.connection = None
                if is_last:
                    raise
        raise AssertionError

    def _ask(self, connection: http.client.HTTPConnection, question: Hostile) -> tuple[int, bytes]:
        kind = {"Content-Type": question.content_type} if question.content_type else {}
        headers = {**kind, "Authorization": f"Bearer {ALICE.token}", "X-Wait-For-Model": "1"}
        connection.request("POST", question.path, question.body, headers)
        response = connection.getresponse()
        body = response.read()
        if response.will_close:
            connection.close()
            self.local.connection = None
        return response.status, body

    def close(self) -> None:
        """Let go of all connections, once no thread asks any more."""
        for connection in self.opened:
            connection.close()
        self.opened.clear()

    def good(self) -> tuple[int, bytes]:
        return self.ask(
            Hostile(f"/models/{self.models['text-generation']}", "application/json", b'{"inputs": "hello"}')
        )

    def workers(self) -> dict[str, int]:
        """Process ids of the models that answer, by task."""
        found = {}
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                lines = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
                command = (status.parent / "cmdline").read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if lines["PPid"].strip() == str(self.process_id) and b"engines.worker" in command:
                found[status.parent.name] = int(lines.get("VmRSS", "0 kB").split()[0]) * 1024
        return found

    def memory_bytes(self) -> int:
        own = Path(f"/proc/{self.process_id}/statm").read_text().split()[1]
        return int(own) * os.sysconf("SC_PAGE_SIZE") + sum(self.workers().values())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("hostile")
    with live_server(folder / "data", users=[ALICE]) as server:
        models = hostile_models.push_models(server.url, ALICE.token, folder / "models")
        yield Served(server.url, server.process.pid, models)


@pytest.fixture(autouse=True)
def closed(served: Served) -> Iterator[None]:
    yield
    served.close()


def test_ten_thousand_hostile_requests(served):
    assert served.good()[0] == 200
    questions = iter(list(hostile_models.requests(served.models, COUNT, seed=2)))
    taken = []
    with ThreadPoolExecutor(24) as pool:
        for _ in range(2):
            some = [question for _, question in zip(range(COUNT // 2), questions, strict=False)]
            for question, (status, body) in zip(some, pool.map(served.ask, some), strict=True):
                assert status < 500, (question.path, question.content_type, question.body[:300], status, body[:300])
            taken.append((served.memory_bytes(), set(served.workers())))
    (middle, workers), (end, after) = taken
    assert workers <= after, "a worker died"
    assert end < middle + _SLACK_BYTES, (middle / MEBIBYTE, end / MEBIBYTE)
    assert served.good()[0] == 200


def test_a_worker_killed_while_it_answers_means_503_and_the_next_request_succeeds(served):
    assert served.good()[0] == 200
    name = served.models["text-generation"]
    for stream in (False, True):
        body = {"model": name, "prompt": ["hello"] if stream is False else "hello", "max_tokens": 100, "stream": stream}
        question = Hostile("/v1/completions", "application/json", json.dumps(body).encode())
        before = served.workers()
        with ThreadPoolExecutor(40) as pool:
            asked = [pool.submit(served.ask, question) for _ in range(40)]
            time.sleep(0.2)
            for worker in before:
                os.kill(int(worker), signal.SIGKILL)
            answers = [one.result() for one in asked]
        assert {status for status, _ in answers} <= {200, 503}
        assert all(b"SIGKILL" in answer for status, answer in answers if status == 503)
        assert served.good()[0] == 200


LIES = {
    "more than is sent": b"Content-Length: 1000000\r\n\r\n{}",
    "less than is sent": b'Content-Length: 2\r\n\r\n{"inputs": "hello"}',
    "no number": b"Content-Length: many\r\n\r\n{}",
    "below zero": b"Content-Length: -5\r\n\r\n{}",
    "more than all disks": b"Content-Length: 99999999999999999999\r\n\r\n{}",
    "two of them": b"Content-Length: 2\r\nContent-Length: 4\r\n\r\n{}",
    "both ways": b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "no chunk": b"Transfer-Encoding: chunked\r\n\r\nzzz\r\n{}",
    "a huge chunk": b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n{}",
    "compressed": b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b",
    "no type": b"Content-Type: ;;;=\xff\r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("lie", LIES)
def test_lengths_that_lie(served, lie):
    head = f"POST /models/{served.models['text-generation']} HTTP/1.1\r\nHost: x\r\n".encode()
    with socket.create_connection(served.address, timeout=30) as connection:
        connection.sendall(head + LIES[lie])
        connection.shutdown(socket.SHUT_WR)
        said = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert b"HTTP/1.1 5" not in said
    assert served.good()[0] == 200


def test_requests_in_one_go_are_answered_in_turn(served):
    body = b'{"inputs": "hello", "parameters": {"max_new_tokens": 2}}'
    head = f"POST /models/{served.models['text-generation']} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    with socket.create_connection(served.address, timeout=120) as connection:
        connection.sendall((head.encode() + b"\r\n" + body) * 4 + head.encode() + b"Connection: close\r\n\r\n" + body)
        said = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert said.count(b"HTTP/1.1 200") == 5
    assert said.count(b"generated_text") == 5


def test_slow_and_silent_clients_hinder_nobody(served):
    head = f"POST /models/{served.models['text-generation']} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    connections = [socket.create_connection(served.address, timeout=30) for _ in range(100)]
    try:
        for connection in connections:
            connection.sendall(head.encode())
        for _ in range(5):
            for connection in connections:
                connection.sendall(b" ")
            assert served.good()[0] == 200
    finally:
        for connection in connections:
            connection.close()


def test_streams_that_nobody_hears_to_the_end_leave_nothing_behind(served):
    assert served.good()[0] == 200
    name = served.models["text-generation"]
    body = json.dumps({"model": name, "prompt": "a", "max_tokens": 100, "stream": True}).encode()
    head = f"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    for _ in range(50):
        with socket.create_connection(served.address, timeout=60) as connection:
            connection.sendall(head + body)
            assert connection.recv(200).startswith(b"HTTP/1.1 200")
    deadline = time.monotonic() + 60
    while _waiting(served, name):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def _waiting(served: Served, name: str) -> int:
    connection = http.client.HTTPConnection(*served.address, timeout=60)
    connection.request("GET", f"/models/{name}/info")
    deployments = json.loads(connection.getresponse().read())["deployments"]
    connection.close()
    return sum(one["waiting"] for one in deployments if one["task"] == "text-generation")
