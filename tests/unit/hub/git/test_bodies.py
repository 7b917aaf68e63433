from __future__ import annotations

import asyncio
import gzip

import pytest

from holdfast.base.errors import InvalidInput, TooLarge
from holdfast.http.call import ClientDisconnect
from holdfast.hub.git.bodies import RequestBody

CONTENT = bytes(range(256)) * 5000


def read(pieces, encoding=None, *, limit=10**7, hang=False, disconnect=False):
    """Read a body that arrives in these pieces."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages.append({"type": "http.disconnect"} if disconnect else {"type": "http.request", "body": b""})

    async def receive():
        if hang and len(messages) == 1:
            await asyncio.sleep(60)
        return messages.pop(0)

    async def collect():
        body = RequestBody(receive, encoding, limit_bytes=limit, idle_seconds=0.05)
        found = [piece async for piece in body.pieces()]
        return b"".join(found), body.beginning

    return asyncio.run(collect())


def cut(content, size):
    return [content[start : start + size] for start in range(0, len(content), size)]


@pytest.mark.parametrize("encoding", [None, "", "identity"])
def test_plain(encoding):
    assert read(cut(CONTENT, 999), encoding) == (CONTENT, CONTENT[:64])
    assert read([], encoding) == (b"", b"")


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip"])
@pytest.mark.parametrize("size", [1, 7, 5000, 10**6])
def test_packed(encoding, size):
    content = CONTENT[:20_000] if size == 1 else CONTENT
    assert read(cut(gzip.compress(content), size), encoding)[0] == content


@pytest.mark.parametrize("encoding", ["br", "deflate", "GZIP ", "gzip, gzip"])
def test_other_encodings(encoding):
    with pytest.raises(InvalidInput) as refusal:
        read([], encoding)
    assert refusal.value.status == 415


@pytest.mark.parametrize(
    "packed",
    [b"", gzip.compress(CONTENT)[:-1], gzip.compress(CONTENT)[:500], b"\x1f\x8b", b"plain", gzip.compress(b"a") + b"b"],
    ids=["empty", "last byte missing", "half", "only magic", "plain", "bytes behind"],
)
def test_broken_packing(packed):
    with pytest.raises(InvalidInput, match="gzip"):
        read([packed], "gzip")


def test_limits_count_unpacked_bytes():
    assert read([gzip.compress(bytes(1000))], "gzip", limit=1000)[0] == bytes(1000)
    for body, encoding in ((gzip.compress(bytes(10**8)), "gzip"), (bytes(1001), None)):
        with pytest.raises(TooLarge):
            read([body], encoding, limit=1000)


def test_silent_clients():
    with pytest.raises(InvalidInput) as refusal:
        read([b"begin"], hang=True)
    assert refusal.value.status == 408


def test_clients_that_leave():
    with pytest.raises(ClientDisconnect):
        read([b"begin"], disconnect=True)
