"""A git process on the event loop: bytes in, bytes out, and an end that leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from contextlib import suppress

from holdfast.base.errors import RepoNotFound
from holdfast.hub.git.programs import Command

READ_BYTES = 256 * 1024
PATIENCE_SECONDS = 10.0
"""How long git may take to remove what it was writing."""
_TAIL_BYTES = 4096


class GitProcess:
    """Started by `start`; whoever starts it calls `end`."""

    def __init__(self, process: Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._tail = b""
        self._tail_reader = asyncio.create_task(self._read_tail(process.stderr))

    @classmethod
    async def start(cls, command: Command) -> GitProcess:
        """Start a process that leads a group of its own, so that its children can be ended with it.

        Raises:
            RepoNotFound: the repo's folder is gone.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *command.arguments,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env=dict(command.environment),
                cwd=command.folder,
                pass_fds=tuple(command.inherited),
                start_new_session=True,
                limit=READ_BYTES,
            )
        except FileNotFoundError as error:
            if command.folder.exists():
                raise  # git itself is missing
            raise RepoNotFound from error
        return cls(process)

    async def write(self, piece: bytes) -> bool:
        """Pass bytes on, waiting while the process is busy; False once it reads no more."""
        if self._stdin.is_closing():
            return False
        try:
            self._stdin.write(piece)
            await self._stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def close_input(self) -> None:
        """Say that nothing more comes."""
        self._stdin.close()

    async def read(self) -> bytes:
        """The next bytes of its output, whatever there is; empty at its end."""
        return await self._stdout.read(READ_BYTES)

    def stop(self) -> None:
        """Ask the process and its children to end: git removes what it was writing. Nothing happens once it has."""
        self._send(signal.SIGTERM)

    async def end(self) -> int:
        """Stop it if it still runs, and give everything back. Returns the exit status, negative for a signal."""
        self.stop()
        self._stdin.close()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._drain()
        except TimeoutError:
            self._send(signal.SIGKILL)
            return await self._drain()

    def _send(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    async def _drain(self) -> int:
        while await self.read():  # closes the pipe
            pass
        return await self.wait()

    async def wait(self) -> int:
        """Wait for its end, after its output ended. Returns the exit status."""
        await self._tail_reader
        return await self._process.wait()

    @property
    def complaint(self) -> str:
        """The last that it wrote on standard error."""
        return self._tail.decode("utf-8", "replace").strip()

    async def _read_tail(self, stderr: asyncio.StreamReader) -> None:
        while piece := await stderr.read(READ_BYTES):
            self._tail = (self._tail + piece)[-_TAIL_BYTES:]
