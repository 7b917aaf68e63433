"""Starts supervisors: processes that this one does not wait for, but takes in when they have ended."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path

LOCK_DESCRIPTOR = 3
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from holdfast.backends.runners.local.supervisor import main; main()"
)
_SOURCE = Path(__file__).parents[4]
_RUN_MODULE = (
    "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)


def module_command(module: str) -> list[str]:
    """The words that run a module of Holdfast's own, with what is installed beside it; arguments may follow."""
    return [sys.executable, "-I", "-c", _RUN_MODULE, str(_SOURCE), module]


class Launcher:
    """Starts supervisors, each in a session of its own, with nothing of this process but a held lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process_ids: set[int] = set()

    def launch(self, plan: bytes, lock: int) -> None:
        """Start one. It has the whole plan when this returns, and holds `lock` until it ends."""
        reader, writer = os.pipe()
        try:
            process_id = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", "-c", _START, str(_SOURCE)],
                {},
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, reader, 0),
                    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_DUP2, lock, LOCK_DESCRIPTOR),
                ],
                setsid=True,
            )
        finally:
            os.close(reader)
        with self._lock:
            self._process_ids.add(process_id)
        with os.fdopen(writer, "wb") as pipe, suppress(BrokenPipeError):
            pipe.write(plan)

    def reap(self) -> None:
        """Take in those that have ended."""
        with self._lock:
            self._process_ids = {process_id for process_id in self._process_ids if not _has_ended(process_id)}


def _has_ended(process_id: int) -> bool:
    try:
        return os.waitpid(process_id, os.WNOHANG)[0] == process_id
    except ChildProcessError:
        return True
