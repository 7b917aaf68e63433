"""One function in a process of its own, with limits of time and memory; whatever happens there ends there.

The child is forked, so it has the data without copying or sending it. It is the head of its own process group and dies
with its parent. What it says goes through a pipe; what its libraries print goes to a file.
"""

from __future__ import annotations

import ctypes
import faulthandler
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from holdfast.base.errors import HoldfastError
from holdfast.training.full_disk import is_full
from holdfast.training.search.memory import MEBIBYTE, limit_allocation, resident_bytes
from holdfast.training.trainers.interface import Pruned, TrialFailed

Result = TypeVar("Result")
Tell = Callable[[Mapping[str, Any]], None]

_LOOK_EVERY_SECONDS = 0.1
_PR_SET_PDEATHSIG = 1
_FIRST_TO_GO = "1000"
"""When the machine's memory runs out, the trial is ended, and neither its run nor anybody else."""


class Stopped(Exception):
    """Somebody asked to end the search."""


@dataclass(frozen=True)
class Limits:
    """What a child may use.

    Args:
        seconds: of wall time.
        memory_mb: resident, with its descendants.
        threads: of numerical libraries.
    """

    seconds: float
    memory_mb: int
    threads: int = 1


class Meter:
    """The most memory that any process of a run was seen to hold."""

    def __init__(self) -> None:
        self.peak_mb: int | None = None

    def note(self, resident: int) -> None:
        """Take a look's result in bytes; 0 means that it could not be told."""
        if resident:
            self.peak_mb = max(self.peak_mb or 0, resident // MEBIBYTE)


def run_apart(
    work: Callable[[Tell], Result],
    limits: Limits,
    log: Path,
    tell: Tell = lambda _figures: None,
    stop: Callable[[], bool] = lambda: False,
    meter: Meter | None = None,
) -> Result:
    """Run a function in a forked child and give back its result.

    Args:
        work: takes a function to tell figures with; its result and the figures must be picklable.
        limits: the child is killed when it passes one.
        log: file that gets what the child prints.
        tell: called here with what the child tells.
        stop: asked again and again; True ends the child.
        meter: takes note of the child's memory.

    Raises:
        TrialFailed: the function raised, passed a limit or its process ended; with the reason.
        Pruned: the function raised it.
        Stopped: `stop` said so.
    """
    here, there = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_child, args=(work, there, limits, log, os.getpid()))
    child.start()
    there.close()
    try:
        return _follow(child, here, limits, tell, stop, meter or Meter())  # type: ignore[no-any-return]
    finally:
        _end(child)
        here.close()


def _follow(child: Any, here: Connection, limits: Limits, tell: Tell, stop: Callable[[], bool], meter: Meter) -> Any:
    until = time.monotonic() + limits.seconds
    while True:
        if here.poll(_LOOK_EVERY_SECONDS):
            try:
                kind, content = here.recv()
            except EOFError:
                child.join()
                raise TrialFailed(_why_it_died(child.exitcode)) from None
            if kind == "told":
                tell(content)
                continue
            return _unpack(kind, content)
        if stop():
            raise Stopped
        if time.monotonic() > until:
            raise TrialFailed(f"took longer than the {limits.seconds:.0f} s that it had")
        held = resident_bytes(child.pid)
        meter.note(held)
        if held > limits.memory_mb * MEBIBYTE:
            raise TrialFailed(f"needed more memory than the {limits.memory_mb} MB that it had")


def _unpack(kind: str, content: Any) -> Any:
    if kind == "pruned":
        raise Pruned(content)
    if kind == "failed":
        raise TrialFailed(content)
    return content


def _why_it_died(status: int | None) -> str:
    if status == -signal.SIGKILL:
        return "was ended by the system, most likely because memory ran out"
    if status is not None and status < 0:
        return f"crashed ({signal.Signals(-status).name})"
    return f"its process ended without a word (status {status})"


def _end(child: Any) -> None:
    """Kill the child's whole group: a descendant may outlive it."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        child.kill()  # it has not got as far as making its own group, or all are gone
    child.join()


def _child(work: Callable[[Tell], Any], there: Connection, limits: Limits, log: Path, parent: int) -> None:
    _settle(parent)
    _write_to(log)
    message = _result_of(work, there, limits)
    try:
        there.send(message)
    except (TypeError, AttributeError, ValueError) as error:
        there.send(("failed", f"its result cannot be handed over: {error}"))
    there.close()
    os._exit(0)  # no clean-up of libraries that believe to be in the parent


def _result_of(work: Callable[[Tell], Any], there: Connection, limits: Limits) -> tuple[str, Any]:
    try:
        limit_allocation(limits.memory_mb)
        _calm(limits.threads)
        return "done", work(lambda figures: there.send(("told", dict(figures))))
    except Pruned as verdict:
        return "pruned", str(verdict)
    except MemoryError:
        return "failed", f"needed more memory than the {limits.memory_mb} MB that it had"
    except (TrialFailed, HoldfastError) as error:
        return "failed", str(error)
    except Exception as error:  # noqa: BLE001 - a trial may fail in any way; the search goes on and the board says why
        traceback.print_exc()
        return "failed", _in_words(error)


def _in_words(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    if is_full(error):
        return "the disk is full"
    if "out of memory" in lines[0].lower() or type(error).__name__ == "OutOfMemoryError":
        return "ran out of memory"
    return f"{type(error).__name__}: {lines[0][:300]}".rstrip(": ")


def _settle(parent: int) -> None:
    os.setpgid(0, 0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        with suppress(OSError):  # where it is not allowed, the system chooses by size
            Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO)
    if os.getppid() != parent:  # it died before that was arranged
        os._exit(1)


def _write_to(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    sys.stdout = sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False, errors="replace")
    faulthandler.enable()


def _calm(threads: int) -> None:
    """Few threads: numerical libraries that wait for each other in busy loops are tens of times slower."""
    if "threadpoolctl" in sys.modules:
        sys.modules["threadpoolctl"].threadpool_limits(threads)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
