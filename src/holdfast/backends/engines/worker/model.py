"""The server's side of one model's process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from holdfast.backends.engines.protocol import Answer, ModelSource, ModelState, ModelStatus, Question
from holdfast.backends.engines.worker.errors import unpack_error
from holdfast.backends.engines.worker.frames import LENGTHS, BrokenFrame, Frame, read_head, read_lengths
from holdfast.backends.engines.worker.memory import ProcessMemory
from holdfast.backends.engines.worker.process import how_it_ended, kill
from holdfast.base.errors import HoldfastError, ModelFailed

LOOK_SECONDS = 1.0
_BUFFER_BYTES = 1024 * 1024
_TOO_MUCH = 1.25
"""A process that takes so many times its limit is ended: the system counts less than what it takes in all."""

Mail = asyncio.Queue["Frame | HoldfastError"]


class WorkerModel:
    """A model in a process; a `LoadedModel`."""

    def __init__(self, process: Process, timeout_seconds: float) -> None:
        self._process = process
        self._timeout_seconds = timeout_seconds
        self._loop = asyncio.get_running_loop()
        self._asked: dict[int, asyncio.Future[Frame]] = {}
        self._streams: dict[int, Mail] = {}
        self._count = 0
        self._heard_at = self._loop.time()
        self._ended_by = ""
        self._facts: Mapping[str, Any] = {}
        self._memory = ProcessMemory(process.pid)
        self._memory_bytes = 0
        self._most_bytes = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, ours: socket.socket, loader: str, source: ModelSource, timeout_seconds: float) -> None:
        """Speak to the process until it has loaded the model. Raises as `Engine.load`."""
        self._reader, self._writer = await asyncio.open_unix_connection(sock=ours, limit=_BUFFER_BYTES)
        wish = {"loader": loader, "location": source.location, "task": source.task, "options": dict(source.options)}
        self._most_bytes = int(source.options.get("memory_bytes", 0))
        self._writer.write(Frame(wish).encode())
        try:
            async with asyncio.timeout(timeout_seconds):
                first = await self._read()
        except TimeoutError:
            raise ModelFailed(reason=f"loading took longer than {timeout_seconds:.0f} seconds") from None
        except (EOFError, OSError, BrokenFrame):
            raise ModelFailed(reason=how_it_ended(await self._process.wait()), retry_after_seconds=10) from None
        if first.head["kind"] != "ready":
            raise unpack_error(dict(first.head))
        self._facts = first.head["facts"]
        self._memory_bytes = await asyncio.to_thread(self._memory.look)
        self._tasks = [self._loop.create_task(self._listen()), self._loop.create_task(self._watch())]

    async def predict(self, question: Question) -> Answer:
        """See `LoadedModel.predict`."""
        future: asyncio.Future[Frame] = self._loop.create_future()
        number = self._send("predict", question)
        self._asked[number] = future
        try:
            frame = await future
        except asyncio.CancelledError:
            self._withdraw(number)
            raise
        finally:
            self._asked.pop(number, None)
        return Answer(frame.body, frame.head["type"], frame.head["tokens"])

    async def stream(self, question: Question) -> AsyncGenerator[bytes, None]:
        """See `LoadedModel.stream`."""
        mail: Mail = asyncio.Queue()
        number = self._send("stream", question)
        self._streams[number] = mail
        try:
            while True:
                frame = await mail.get()
                if isinstance(frame, HoldfastError):
                    raise frame
                if frame.head["kind"] == "end":
                    return
                yield frame.body
        finally:
            if self._streams.pop(number, None) is not None:
                self._withdraw(number)

    def status(self) -> ModelStatus:
        """See `LoadedModel.status`."""
        state = ModelState.GONE if self._ended_by else ModelState.READY
        return ModelStatus(state, self._memory_bytes, self._waiting, self._facts, self._ended_by)

    async def unload(self) -> None:
        """See `LoadedModel.unload`."""
        await self.end("it was unloaded")

    async def end(self, reason: str) -> None:
        """Kill the process, tell everybody who waits why, and return when it is gone."""
        self._fail(reason)
        kill(self._process)
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        if hasattr(self, "_writer"):
            self._writer.close()
        await self._process.wait()
        self._memory_bytes = 0

    @property
    def _waiting(self) -> int:
        return len(self._asked) + len(self._streams)

    def _send(self, kind: str, question: Question) -> int:
        if self._ended_by:
            raise ModelFailed(reason=self._ended_by)
        if not self._waiting:
            self._heard_at = self._loop.time()  # silence until now meant nothing
        self._count += 1
        self._writer.write(Frame({"id": self._count, "kind": kind, **_head_of(question)}, question.body).encode())
        return self._count

    def _withdraw(self, number: int) -> None:
        if not self._ended_by:
            self._writer.write(Frame({"id": number, "kind": "cancel"}).encode())

    async def _read(self) -> Frame:
        head_bytes, body_bytes = read_lengths(await self._reader.readexactly(LENGTHS.size))
        head = read_head(await self._reader.readexactly(head_bytes))
        return Frame(head, await self._reader.readexactly(body_bytes) if body_bytes else b"")

    async def _listen(self) -> None:
        try:
            while True:
                frame = await self._read()
                self._heard_at = self._loop.time()
                self._deliver(frame)
        except (EOFError, OSError):
            await self.end(how_it_ended(await self._process.wait()))
        except (BrokenFrame, KeyError, TypeError):
            await self.end("its process said something that makes no sense")

    def _deliver(self, frame: Frame) -> None:
        number, kind = frame.head["id"], frame.head["kind"]
        outcome = unpack_error(dict(frame.head)) if kind == "error" else frame
        future = self._asked.get(number)
        if future is not None and not future.done():
            _settle(future, outcome)
        elif number in self._streams:
            self._streams[number].put_nowait(outcome)
            if kind in ("end", "error"):
                self._streams.pop(number)

    def _fail(self, reason: str) -> None:
        self._ended_by = self._ended_by or reason
        error = ModelFailed(reason=self._ended_by)
        for future in self._asked.values():
            if not future.done():
                _settle(future, error)
        for mail in self._streams.values():
            mail.put_nowait(error)
        self._streams.clear()

    async def _watch(self) -> None:
        """Look now and then how much memory it takes, and whether it hangs."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self._memory_bytes = await asyncio.to_thread(self._memory.look)
            if self._most_bytes and self._memory_bytes > self._most_bytes * _TOO_MUCH:
                await self.end(f"it took more than the {self._most_bytes / 1024**3:.1f} GiB of memory that it may take")
                return
            if self._waiting and self._loop.time() - self._heard_at > self._timeout_seconds:
                await self.end(f"it said nothing for {self._timeout_seconds:.0f} seconds and was ended")
                return


def _head_of(question: Question) -> dict[str, Any]:
    head = {"type": question.media_type, "urgency": question.urgency, "task": question.task}
    return {**head, "adapter": question.adapter} if question.adapter else head


def _settle(future: asyncio.Future[Frame], outcome: Frame | HoldfastError) -> None:
    if isinstance(outcome, HoldfastError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


async def end_quietly(model: WorkerModel) -> None:
    """End a model whose load was given up, also while our own task is being cancelled."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.shield(model.end("loading was given up"))
