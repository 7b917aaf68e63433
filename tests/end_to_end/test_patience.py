"""Clients that keep a connection open for nothing lose it; slow ones that go on do not."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import uvicorn

from holdfast.http.patience import Patience, PatientProtocol

LIMIT_SECONDS = 1.0
ANSWER_BYTES = 40_000_000


class Hasty(PatientProtocol):
    patience = Patience(4096, LIMIT_SECONDS, LIMIT_SECONDS, LIMIT_SECONDS, 0.05)


@dataclass
class Site:
    """A server whose application notes how each request ended."""

    port: int = 0
    ends: list[str] = field(default_factory=list)

    async def __call__(self, scope, receive, send) -> None:
        if scope["path"] == "/think":
            await asyncio.sleep(2 * LIMIT_SECONDS)
        message = {"more_body": True}
        while message.get("more_body"):
            message = await receive()
        self.ends.append(message["type"])
        body = b"x" * (ANSWER_BYTES if scope["path"] == "/large" else 2)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": body})

    def connect(self) -> socket.socket:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)  # so that little is on its way
        connection.settimeout(10)
        connection.connect(("127.0.0.1", self.port))
        return connection


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    config = uvicorn.Config(site, http=Hasty, lifespan="off", log_level="critical", timeout_keep_alive=30)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        site.port = listener.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield site
        server.should_exit = True
        thread.join()


def until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 10
    while not holds() and time.monotonic() < give_up:
        time.sleep(0.01)
    assert holds()


def read_all(connection: socket.socket) -> bytes:
    pieces = []
    try:
        while piece := connection.recv(65_536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nA"])
def test_a_head_that_does_not_come_is_not_waited_for(site: Site, sent: bytes):
    with site.connect() as connection:
        began = time.monotonic()
        connection.sendall(sent)
        assert b" 408 " in read_all(connection)
        assert LIMIT_SECONDS < time.monotonic() - began < 60


def test_a_head_that_drips_is_too_slow_as_well(site: Site):
    with site.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        for _ in range(100):
            time.sleep(0.05)
            try:
                connection.sendall(b"A: b\r\n")
            except (BrokenPipeError, ConnectionResetError):
                return
        pytest.fail("still waited for after 5 s")


@pytest.mark.parametrize("head", [b"A: " + b"a" * 400_000, b"A: b\r\n" * 80_000])
def test_a_large_head_is_refused(site: Site, head: bytes):
    with site.connect() as connection:
        try:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + head)
        except (BrokenPipeError, ConnectionResetError):
            return
        answer = read_all(connection)
        assert b" 431 " in answer or answer == b""
    assert site.ends == []


def test_a_body_that_stands_still_ends_as_if_the_client_had_gone(site: Site):
    with site.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
        assert read_all(connection) == b""
    until(lambda: site.ends == ["http.disconnect"])  # the application hears of it after the client does


def test_a_slow_body_that_goes_on_is_received(site: Site):
    with site.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nConnection: close\r\n\r\n")
        for _ in range(10):
            time.sleep(LIMIT_SECONDS / 4)
            connection.sendall(b"1")
        assert b" 200 " in read_all(connection)


def test_time_that_we_need_is_ours(site: Site):
    with site.connect() as connection:
        connection.sendall(b"POST /think HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n12")
        assert b" 200 " in read_all(connection)


def test_a_download_that_nobody_takes_ends(site: Site):
    with site.connect() as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(3 * LIMIT_SECONDS)
        assert len(read_all(connection)) < ANSWER_BYTES


def test_a_slow_download_goes_on(site: Site):
    with site.connect() as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = 0
        for _ in range(20):
            time.sleep(LIMIT_SECONDS / 8)
            wanted = received + ANSWER_BYTES // 40
            while received < wanted:
                received += len(connection.recv(65_536))
        assert received + len(read_all(connection)) > ANSWER_BYTES


def test_an_idle_connection_between_requests_stays(site: Site):
    with site.connect() as connection:
        for _ in range(2):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(65_536).endswith(b"xx")
            time.sleep(1.5 * LIMIT_SECONDS)
