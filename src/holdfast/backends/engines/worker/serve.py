"""The program of a model's process: `python -m holdfast.backends.engines.worker.serve DESCRIPTOR`.

Loads one model, answers what comes over the socket, and ends when the server does. One thread; the socket is looked at
between batches, so that everything that came meanwhile goes into the next one.
"""

from __future__ import annotations

import ctypes
import importlib
import logging
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from holdfast.backends.engines.protocol import ModelSource, Question
from holdfast.backends.engines.worker.batching import Scheduler
from holdfast.backends.engines.worker.errors import lacks_memory, pack_error
from holdfast.backends.engines.worker.frames import LENGTHS, Frame, read_head, read_lengths
from holdfast.backends.engines.worker.hosted import HostedModel, Loader
from holdfast.base.errors import HoldfastError, UnusableModel

logger = logging.getLogger("holdfast.engines")

LINGER_SECONDS = 0.004
_RECEIVE_BYTES = 256 * 1024
_PR_SET_PDEATHSIG = 1
_GPU = Path("/dev/nvidiactl")
_NO_MEMORY = (
    "it needs more memory than a model may take here. Its administrator can raise HOLDFAST_INFERENCE_MODEL_MEMORY_BYTES"
)


class ServerGone(Exception):
    """The other end of the socket is closed."""


class Line:
    """The socket to the server: whole messages in, whole messages out."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = bytearray()
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)

    def send(self, frame: Frame) -> None:
        """Send a message; blocks while the server does not take it."""
        try:
            self._socket.sendall(frame.encode())
        except OSError as error:
            raise ServerGone from error

    def receive(self, timeout_seconds: float | None) -> Iterator[Frame]:
        """Messages that are there; waits up to the timeout for the first bytes (None: for ever)."""
        for frame in self._whole():
            timeout_seconds = 0.0
            yield frame
        while self._poll.poll(None if timeout_seconds is None else timeout_seconds * 1000):
            received = self._socket.recv(_RECEIVE_BYTES)
            if not received:
                raise ServerGone
            self._buffer += received
            yield from self._whole()
            timeout_seconds = 0.0

    def first(self) -> Frame:
        """The next message, however long it takes."""
        while True:
            for frame in self.receive(None):
                return frame

    def _whole(self) -> Iterator[Frame]:
        while len(self._buffer) >= LENGTHS.size:
            head_bytes, body_bytes = read_lengths(bytes(self._buffer[: LENGTHS.size]))
            middle, end = LENGTHS.size + head_bytes, LENGTHS.size + head_bytes + body_bytes
            if len(self._buffer) < end:
                return
            frame = Frame(read_head(bytes(self._buffer[LENGTHS.size : middle])), bytes(self._buffer[middle:end]))
            del self._buffer[:end]
            yield frame


def main() -> None:
    """Be a model's process."""
    logging.basicConfig(level=logging.WARNING, format="model process %(process)d: %(message)s")
    _confine()
    line = Line(socket.socket(fileno=int(sys.argv[1])))
    try:
        _serve(line)
    except (ServerGone, KeyboardInterrupt):
        os._exit(0)  # threads of libraries must not keep us


def _serve(line: Line) -> None:
    wish = line.first().head
    source = ModelSource(wish["location"], wish["task"], wish["options"])
    _limit_memory(int(source.options.get("memory_bytes", 0)))
    try:
        model = _load(wish["loader"], source)
    except HoldfastError as error:
        line.send(Frame({"kind": "error", **pack_error(error)}))
        return
    line.send(Frame({"kind": "ready", "facts": dict(model.facts)}))
    scheduler = Scheduler(model, line.send, int(source.options.get("batch_size", model.batch_size)))
    served = 0
    while True:
        take_in(line, scheduler, served)
        served = scheduler.step()


def take_in(line: Line, scheduler: Scheduler, served: int) -> None:
    """Take what has come in. Waits if there is nothing to do.

    Where several questions were answered together a moment ago, their askers are likely to ask again: the first of them
    waits a little for the others. Whoever is alone never waits.
    """
    for frame in line.receive(None if scheduler.is_idle else 0.0):
        _obey(frame, scheduler)
    give_up = time.monotonic() + LINGER_SECONDS
    while 0 < scheduler.waiting < served and (left := give_up - time.monotonic()) > 0:
        for frame in line.receive(left):
            _obey(frame, scheduler)


def _obey(frame: Frame, scheduler: Scheduler) -> None:
    kind = frame.head["kind"]
    if kind == "cancel":
        scheduler.withdraw(frame.head["id"])
    else:
        head = frame.head
        question = Question(frame.body, head["type"], head["urgency"], head["task"], head.get("adapter", ""))
        scheduler.ask(frame.head["id"], question, streamed=kind == "stream")


def _load(loader: str, source: ModelSource) -> HostedModel:
    module, _, name = loader.partition(":")
    function: Loader = getattr(importlib.import_module(module), name)
    try:
        return function(source)
    except Exception as error:
        if lacks_memory(error.__cause__ or error):
            raise UnusableModel(problem=_NO_MEMORY) from error
        if isinstance(error, HoldfastError):
            raise
        logger.exception("a model of %s was not loaded", source.task)  # its files are odd in a way that nobody foresaw
        raise UnusableModel(problem=f"loading it failed: {type(error).__name__}: {str(error)[:200]}") from error


def _limit_memory(most_bytes: int) -> None:
    """Have the system refuse more memory than that, so that one question fails and not the machine; 0: no limit.

    Only data counts: files that are mapped, as weights are, do not. Where there is a GPU its driver reserves more than
    it takes, so there only the server watches (`WorkerModel`).
    """
    if most_bytes and not _GPU.exists():
        resource.setrlimit(resource.RLIMIT_DATA, (most_bytes, most_bytes))


def _confine() -> None:
    """Die with the server, leave no core files, and be the first to go when memory runs out: never the Hub."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    score = Path("/proc/self/oom_score_adj")
    if score.exists():
        score.write_text("1000")


if __name__ == "__main__":
    main()
