import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from holdfast.base.errors import RangeNotSatisfiable
from holdfast.base.identity import ANONYMOUS
from holdfast.http import files
from holdfast.http.call import Call
from holdfast.http.files import ZERO_COPY, MemorySource, byte_response
from holdfast.http.urls import Urls

DATA = os.urandom(1_300_000)
TAG = '"tag"'
HEADERS = [(b"content-type", b"text/x-test"), (b"etag", TAG.encode())]


class FileSource:
    """Bytes in a real file."""

    def __init__(self, path):
        self._file = path.open("rb")
        self.size_bytes = path.stat().st_size
        self.descriptor = self._file.fileno()
        self.closed = 0

    def read(self, start, end):
        raise AssertionError("a file is not decoded")

    def close(self):
        self.closed += 1
        self._file.close()


class DecodedSource:
    """Bytes that must be made, in batches."""

    descriptor = None
    size_bytes = len(DATA)

    def __init__(self, fail_at=None):
        self.closed = 0
        self.batches = 0
        self._fail_at = fail_at

    def read(self, start, end):
        for position in range(start, end, 300_000):
            if position == self._fail_at:
                raise OSError("xorb is gone")
            self.batches += 1
            yield DATA[position : min(end, position + 300_000)]

    def close(self):
        self.closed += 1


class InMemory(MemorySource):
    def __init__(self):
        super().__init__(DATA)
        self.closed = 0

    def close(self):
        self.closed += 1


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(DATA)
    opened = FileSource(path)
    yield opened
    opened._file.close()


class Client:
    """Plays the server's side of ASGI."""

    def __init__(self, *, zero_copy=False, leave_after=None):
        self.messages = []
        self._zero_copy = zero_copy
        self._leave_after = leave_after

    def ask(self, source, headers=None, method="GET"):
        return asyncio.run(self._ask(source, headers or {}, method))

    async def _ask(self, source, headers, method):
        gone = asyncio.Event()
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "headers": raw, "path": "/", "query_string": b""}
        if self._zero_copy:
            scope["extensions"] = {ZERO_COPY: {}}

        async def receive():
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            if message["type"] == ZERO_COPY:
                message = {"body": os.pread(message["file"], message["count"], message["offset"]), "type": ZERO_COPY}
            self.messages.append(message)
            if self._leave_after is not None and len(self.messages) > self._leave_after:
                gone.set()
            await asyncio.sleep(0)

        with ThreadPoolExecutor(2) as executor:
            call = Call(scope, receive, actor=ANONYMOUS, words={}, urls=Urls(""), executor=executor)
            response = await byte_response(call, HEADERS, len(DATA), TAG, lambda: source)
            await response(scope, receive, send)

    @property
    def status(self):
        return self.messages[0]["status"]

    @property
    def headers(self):
        return {name.decode().lower(): value.decode() for name, value in self.messages[0]["headers"]}

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.messages[1:])


SOURCES = pytest.mark.parametrize("kind", ["file", "zero-copy", "decoded", "cold", "memory"])


@pytest.fixture
def served(kind, source, monkeypatch):
    if kind == "cold":
        monkeypatch.setattr(files, "_is_cached", lambda *_: False)
    made = {"decoded": DecodedSource, "memory": InMemory}.get(kind)
    return (made() if made else source), Client(zero_copy=kind == "zero-copy")


@SOURCES
def test_whole(served):
    source, client = served
    client.ask(source)
    assert client.status == 200
    assert client.body == DATA
    assert client.headers == {
        "content-type": "text/x-test",
        "etag": TAG,
        "accept-ranges": "bytes",
        "content-length": str(len(DATA)),
    }
    assert client.messages[-1]["more_body"] is False
    assert source.closed == 1


@SOURCES
@pytest.mark.parametrize(("start", "end"), [(0, 1), (7, 900_001), (524_287, 524_289), (1_299_999, 1_300_000)])
def test_one_range(served, start, end):
    source, client = served
    client.ask(source, {"Range": f"bytes={start}-{end - 1}"})
    assert client.status == 206
    assert client.body == DATA[start:end]
    assert client.headers["content-range"] == f"bytes {start}-{end - 1}/{len(DATA)}"
    assert client.headers["content-length"] == str(end - start)


@SOURCES
def test_several_ranges(served):
    source, client = served
    client.ask(source, {"Range": "bytes=0-9, 600000-600009, -5"})
    assert client.status == 206
    kind, _, boundary = client.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/byteranges"
    assert client.headers["content-length"] == str(len(client.body))
    assert "content-range" not in client.headers
    parts = client.body.split(b"--" + boundary.encode())
    assert (parts[0], parts[-1]) == (b"", b"--\r\n")
    bodies = [part.removesuffix(b"\r\n").partition(b"\r\n\r\n") for part in parts[1:-1]]
    assert [body for _, _, body in bodies] == [DATA[:10], DATA[600_000:600_010], DATA[-5:]]
    assert bodies[1][0].decode() == ("\r\nContent-Type: text/x-test\r\nContent-Range: bytes 600000-600009/1300000")


def test_zero_copy_never_touches_the_bytes(source):
    client = Client(zero_copy=True)
    client.ask(source)
    assert {message["type"] for message in client.messages if message.get("body")} == {ZERO_COPY}


@pytest.mark.parametrize(
    ("condition", "status"), [(TAG, 206), ('W/"tag"', 200), ('"other"', 200), ("Sat, 21 Nov 2026 10:00:00 GMT", 200)]
)
def test_if_range(source, condition, status):
    client = Client()
    client.ask(source, {"Range": "bytes=0-9", "If-Range": condition})
    assert client.status == status
    assert client.body == (DATA[:10] if status == 206 else DATA)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_not_modified(source, method):
    client = Client()
    client.ask(source, {"If-None-Match": f'"x", {TAG}', "Range": "bytes=0-1"}, method)
    assert (client.status, client.body) == (304, b"")
    assert client.headers == {"etag": TAG}


def test_head_opens_nothing():
    client = Client()
    client.ask(None, {"Range": "bytes=0-1"}, "HEAD")
    assert (client.status, client.body) == (200, b"")
    assert client.headers["content-length"] == str(len(DATA))
    assert client.headers["accept-ranges"] == "bytes"


def test_unsatisfiable():
    with pytest.raises(RangeNotSatisfiable):
        Client().ask(None, {"Range": "bytes=1300000-"})


def test_a_client_that_leaves_stops_the_work():
    source = DecodedSource()
    client = Client(leave_after=1)
    client.ask(source)
    assert source.batches < 5
    assert source.closed == 1


def test_a_source_that_fails_breaks_off_and_is_closed():
    source = DecodedSource(fail_at=600_000)
    client = Client()
    with pytest.raises(OSError, match="xorb is gone"):
        client.ask(source)
    assert client.body == DATA[:600_000]
    assert client.messages[-1]["more_body"] is True
    assert source.closed == 1


def test_a_file_cut_short_breaks_off(source, tmp_path):
    os.truncate(tmp_path / "file", 600_000)
    with pytest.raises(OSError, match="ends at 600000"):
        Client().ask(source)
    assert source.closed == 1
