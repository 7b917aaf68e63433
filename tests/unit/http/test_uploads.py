import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.requests import ClientDisconnect

from holdfast.base.errors import InvalidInput, StorageFull, TooLarge
from holdfast.base.identity import ANONYMOUS
from holdfast.http.call import Call
from holdfast.http.uploads import receive_body, require_length
from holdfast.http.urls import Urls


def call_with(executor, pieces, *, length=None, leave=False):
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages.append({"type": "http.disconnect"} if leave else {"type": "http.request", "body": b"", "more_body": False})
    upcoming = iter(messages)

    async def receive():
        await asyncio.sleep(0)
        return next(upcoming)

    headers = [] if length is None else [(b"content-length", str(length).encode())]
    scope = {"type": "http", "method": "PUT", "headers": headers, "path": "/", "query_string": b""}
    return Call(scope, receive, actor=ANONYMOUS, words={}, urls=Urls(""), executor=executor)


def receive(sink, pieces, **how):
    async def main():
        with ThreadPoolExecutor(2) as executor:
            await receive_body(call_with(executor, pieces, **how), sink, batch_bytes=10)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("pieces", "sizes"),
    [
        ([], []),
        ([b""], []),
        ([b"123"], [3]),
        ([b"1234567890"], [10]),
        ([b"1234567", b"89", b"0123"], [10, 3]),
        ([b"x" * 35], [10, 10, 10, 5]),
        ([b"%d" % number * 7 for number in range(9)], [10] * 6 + [3]),
    ],
)
@pytest.mark.parametrize("declared", [True, False])
def test_batches(pieces, sizes, declared):
    batches, threads = [], set()

    def sink(view):
        threads.add(threading.current_thread())
        batches.append(bytes(view))

    body = b"".join(pieces)
    receive(sink, pieces, length=len(body) if declared else None)
    assert b"".join(batches) == body
    assert [len(batch) for batch in batches] == sizes
    assert threading.main_thread() not in threads


def test_a_lying_content_length_changes_nothing():
    batches = []
    receive(lambda view: batches.append(bytes(view)), [b"12345"], length=2)
    assert b"".join(batches) == b"12345"


@pytest.mark.parametrize("pieces", [[b"x" * 10], [b"x" * 100]])
def test_errors_of_the_sink_end_it(pieces):
    def sink(view):
        raise StorageFull

    with pytest.raises(StorageFull):
        receive(sink, pieces)


def test_no_batch_is_in_work_when_the_client_has_left():
    started, finished = [], []

    def sink(view):
        started.append(1)
        threading.Event().wait(0.05)
        finished.append(1)

    with pytest.raises(ClientDisconnect):
        receive(sink, [b"x" * 25], leave=True)
    assert len(started) == len(finished) > 0


@pytest.mark.parametrize(
    ("length", "error"), [(10, None), (None, None), (11, TooLarge), (9, InvalidInput), ("x", InvalidInput)]
)
def test_declared_length(length, error):
    call = call_with(None, [], length=length)
    if error is None:
        require_length(call, 10)
    else:
        with pytest.raises(error):
            require_length(call, 10)
