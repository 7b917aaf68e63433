"""Large bodies over a real socket: past the parser or through it, endpoint and client get the same."""

import asyncio
import hashlib
import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from holdfast.base.errors import StorageFull
from holdfast.base.identity import ANONYMOUS
from holdfast.http.call import Call, ClientDisconnect
from holdfast.http.direct_bodies import DirectBodyProtocol
from holdfast.http.patience import Patience, PatientProtocol
from holdfast.http.uploads import DIRECT_BODY, receive_body
from holdfast.http.urls import Urls

LARGE = os.urandom(3_000_001)
QUIET_SECONDS = 0.6


class Hasty(PatientProtocol):
    patience = Patience(body_seconds=QUIET_SECONDS, look_seconds=0.05)


class Site:
    """Answers with the SHA-256 of what it received; of what comes to /full it takes one batch."""

    def __init__(self):
        self.port = 0
        self.ends = []
        self.offered = 0
        self._executor = ThreadPoolExecutor(4)

    async def __call__(self, scope, receive, send):
        received = hashlib.sha256()
        self.offered += DIRECT_BODY in scope
        call = Call(scope, receive, actor=ANONYMOUS, words={}, urls=Urls(""), executor=self._executor)
        try:
            await receive_body(call, self._refuse if scope["path"] == "/full" else received.update, 500_000)
            status = 200
        except StorageFull:
            status = 507
        except ClientDisconnect:
            self.ends.append("left")
            return
        self.ends.append(status)
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"64")]})
        await send({"type": "http.response.body", "body": received.hexdigest().encode()})

    def _refuse(self, batch):
        raise StorageFull

    def ends_after(self, count):
        """How the first requests ended, once that many have, or after a while."""
        deadline = time.monotonic() + 5
        while len(self.ends) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.ends

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.settimeout(10)
        return connection


@pytest.fixture(params=[HttpToolsProtocol, DirectBodyProtocol, Hasty])
def protocol(request):
    return request.param


@pytest.fixture(params=["uvloop", "asyncio"])
def site(protocol, request):
    site = Site()
    config = uvicorn.Config(site, http=protocol, loop=request.param, lifespan="off", log_level="critical")
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


def put(body, path="/", *headers):
    lines = [f"PUT {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answers(connection, count):
    """The status and body of so many answers."""
    read, found = connection.makefile("rb"), []
    for _ in range(count):
        status = int(read.readline().split()[1])
        while read.readline() != b"\r\n":
            pass
        found.append((status, read.read(64).decode()))
    return found


def digest(body):
    return 200, hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("size", [0, 1, 100_000, 500_000, 500_001, 1_000_000, len(LARGE)])
def test_bodies_arrive_and_the_next_request_is_read(site, protocol, size):
    body = LARGE[:size]
    with site.connect() as connection:
        connection.sendall(put(body) + put(body[:7]) + put(body))
        assert answers(connection, 3) == [digest(body), digest(body[:7]), digest(body)]
        connection.sendall(put(b"again"))
        assert answers(connection, 1) == [digest(b"again")]
    assert site.offered == (4 if issubclass(protocol, DirectBodyProtocol) else 0)


def test_a_head_in_pieces_after_a_large_body(site):
    head = put(b"", "/", "X-Long: " + "y" * 5000)
    with site.connect() as connection:
        connection.sendall(put(LARGE) + head[:100])
        assert answers(connection, 1) == [digest(LARGE)]
        connection.sendall(head[100:])
        assert answers(connection, 1) == [digest(b"")]


def test_the_rest_of_a_refused_body_is_no_request(site):
    body = put(b"nobody asked") * (len(LARGE) // 50)
    with site.connect() as connection:
        connection.sendall(put(body, "/full") + put(b"next"))
        assert [answer[0] for answer in answers(connection, 2)] == [507, 200]
    assert site.ends == [507, 200]


def test_a_client_that_leaves(site):
    with site.connect() as connection:
        connection.sendall(put(LARGE)[:-1_000_000])
        time.sleep(0.1)
    assert site.ends_after(1) == ["left"]


def test_a_client_that_waits_to_be_told_to_go_on(site):
    request = put(LARGE, "/", "Expect: 100-continue")
    with site.connect() as connection:
        connection.sendall(request[: -len(LARGE)])
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(LARGE)
        assert answers(connection, 1) == [digest(LARGE)]


def test_a_body_in_chunks(site):
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(LARGE), LARGE)
    with site.connect() as connection:
        connection.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + put(b"next"))
        assert answers(connection, 2) == [digest(LARGE), digest(b"next")]
    assert site.offered <= 1


def test_a_connection_that_closes_after_the_answer(site):
    with site.connect() as connection:
        connection.sendall(put(LARGE, "/", "Connection: close"))
        assert answers(connection, 1) == [digest(LARGE)]
        assert connection.recv(1) == b""


@pytest.mark.parametrize("protocol", [Hasty], indirect=True)
def test_patience_with_slow_bodies_not_with_silent_ones(site):
    with site.connect() as connection:
        connection.sendall(put(LARGE)[: -len(LARGE)])
        for start in range(0, len(LARGE), 500_000):
            time.sleep(QUIET_SECONDS / 3)
            connection.sendall(LARGE[start : start + 500_000])
        assert answers(connection, 1) == [digest(LARGE)]
        connection.sendall(put(LARGE)[:2_000_000])
        assert connection.recv(1) == b""
    assert site.ends_after(2) == [200, "left"]


def test_it_is_offered_only_where_the_length_is_known():
    assert asyncio.run(_scope_offers(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"))
    assert not asyncio.run(_scope_offers(b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"))
    assert not asyncio.run(_scope_offers(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"))


async def _scope_offers(head):
    scopes = asyncio.Queue()

    async def application(scope, _receive, _send):
        scopes.put_nowait(scope)

    config = uvicorn.Config(application, http=DirectBodyProtocol, lifespan="off", log_level="critical")
    config.load()
    state = uvicorn.server.ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: DirectBodyProtocol(config, state, {}), "127.0.0.1", 0
    )
    async with server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(head)
        scope = await scopes.get()
        writer.close()
    return DIRECT_BODY in scope
