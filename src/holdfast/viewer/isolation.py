"""Reads a file in a process of its own, with little memory and little time: for readers written in C++.

The child asks for ranges of the file and ends with its answer; it opens nothing itself. Protocol, on pipes: the child
writes `struct("<BQQ")` of 0, start, length for a range, and gets as many bytes as there are, with their number (`<Q`)
before them; it writes 1, 0, length and the answer's JSON at the end.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from struct import Struct
from typing import IO

import orjson

from holdfast.base.errors import Overloaded
from holdfast.viewer.domain import Source, TableHead, Unreadable, head_of_json

MAX_SECONDS = 10
MAX_WAIT_SECONDS = 3
MAX_READ_BYTES = 512 * 1024 * 1024
"""Asked for by one child, all together."""
MAX_ANSWER_BYTES = 64 * 1024 * 1024
MAX_CHILDREN = 2

REQUEST = Struct("<BQQ")
LENGTH = Struct("<Q")
_START = "import sys; sys.path[:] = sys.argv[1].split(chr(10)); from holdfast.viewer.isolated import main; main()"
_children = threading.BoundedSemaphore(MAX_CHILDREN)


def read_isolated(reader: str, source: Source, max_rows: int) -> TableHead | Unreadable:
    """`readers.<reader>.read_head` of the source.

    Raises:
        Overloaded: as many files as may be read at once are being read.
    """
    if not _children.acquire(timeout=MAX_WAIT_SECONDS):
        raise Overloaded
    try:
        with _child(reader, source.size_bytes, max_rows) as child:
            answer = _serve(child, source)
    finally:
        _children.release()
    if answer is None:
        return Unreadable("takes too much memory or time to be shown")
    value = orjson.loads(answer)
    return Unreadable(value["problem"]) if "problem" in value else head_of_json(value)


@contextmanager
def _child(reader: str, size_bytes: int, max_rows: int) -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, "-c", _START, "\n".join(sys.path), reader, str(size_bytes), str(max_rows)]
    child = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, close_fds=True
    )
    timer = threading.Timer(MAX_SECONDS, child.kill)
    timer.start()
    try:
        yield child
    finally:
        timer.cancel()
        child.kill()
        child.communicate()


def _serve(child: subprocess.Popen[bytes], source: Source) -> bytes | None:
    """Give the child its ranges until it answers; None when it dies or asks for too much."""
    assert child.stdin is not None
    assert child.stdout is not None
    left = MAX_READ_BYTES
    try:
        while left >= 0:
            kind, start, length = REQUEST.unpack(_exactly(child.stdout, REQUEST.size))
            if kind == 1:
                return _exactly(child.stdout, length) if length <= MAX_ANSWER_BYTES else None
            left -= length
            data = source.read(start, length) if left >= 0 else b""
            child.stdin.write(LENGTH.pack(len(data)))
            child.stdin.write(data)
            child.stdin.flush()
    except (EOFError, BrokenPipeError):
        pass
    return None


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return data
