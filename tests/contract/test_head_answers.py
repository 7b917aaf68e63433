"""HEAD over a real socket: our quick way of writing headers answers what uvicorn's own would."""

import http.client
import socket
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from holdfast.http.zero_copy import ZeroCopyProtocol

HEADERS = [(b"etag", b'"1"'), (b"content-length", b"7"), (b"link", "<http://h/é>".encode("latin-1"))]


def application(headers):
    async def answer(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 206, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    return answer


@contextmanager
def served(protocol, headers):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(
            application(headers), log_level="critical", http=protocol, lifespan="off", date_header=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def ask(port, *requests):
    """What comes back for raw requests on one connection, until the server is silent or hangs up."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(1)
        answers = []
        for request in requests:
            try:
                connection.sendall(request)
                answers.append(connection.recv(65536))
            except TimeoutError:
                answers.append(None)
            except ConnectionError:  # it hung up, sooner or later
                answers.append(b"")
        return answers


@pytest.mark.parametrize(
    "headers",
    [
        HEADERS,
        HEADERS[:1],
        [*HEADERS, (b"connection", b"close")],
        [(b"x-split", b"a\r\nset-cookie: b")],
        [(b"x-nul", b"a\0b")],
        [(b"x-newline", b"a\nb")],
    ],
    ids=["plain", "no length", "closing", "split", "NUL", "newline"],
)
@pytest.mark.parametrize("fields", [b"", b"Connection: close\r\n"], ids=["keep", "close"])
def test_same_bytes_as_uvicorn(headers, fields):
    request = b"HEAD / HTTP/1.1\r\nHost: h\r\n" + fields + b"\r\n"
    answers = []
    for protocol in (HttpToolsProtocol, ZeroCopyProtocol):
        with served(protocol, headers) as port:
            answers.append(ask(port, request, request) if not fields else ask(port, request))
    assert answers[0] == answers[1]


def test_get_follows_on_the_same_connection():
    with served(ZeroCopyProtocol, [(b"content-length", b"0")]) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for method in ("HEAD", "GET", "HEAD", "HEAD", "GET"):
            connection.request(method, "/")
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (206, b"")
        connection.close()
