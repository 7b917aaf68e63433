"""Processes of Linux by /proc: who descends from whom, what they take, and how all of them end.

Source: proc(5), prctl(2). Standard library only: supervisors import it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICKS = os.sysconf("SC_CLK_TCK")
_SANDBOX = "bwrap"
_KILL_PAUSE_SECONDS = 0.02
_KILL_SECONDS = 1.0
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Found:
    """One process. `cpu_seconds` with those of its children that have ended."""

    process_id: int
    parent_id: int
    name: str
    is_dead: bool
    cpu_seconds: float
    memory_bytes: int


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends: none gets away by making itself a daemon."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> None:
    """In a child: be killed when the parent ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def be_first_to_go() -> None:
    """In a child: when memory runs out, the kernel ends this process rather than the server."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def descendants(process_id: int) -> list[Found]:
    """Every living process below, parents before their children."""
    children: dict[int, list[Found]] = {}
    for name in os.listdir("/proc"):
        if name.isdecimal() and (found := look_at(int(name))) is not None:
            children.setdefault(found.parent_id, []).append(found)
    below = list(children.get(process_id, ()))
    for found in below:  # grows meanwhile
        below += children.get(found.process_id, ())
    return [found for found in below if not found.is_dead]


def look_at(process_id: int) -> Found | None:
    """One process, None when it is gone."""
    try:
        head, _, tail = Path(f"/proc/{process_id}/stat").read_text(errors="replace").rpartition(")")
    except (FileNotFoundError, ProcessLookupError):
        return None
    words = tail.split()
    ticks = sum(int(word) for word in words[11:15])
    return Found(
        process_id,
        parent_id=int(words[1]),
        name=head.partition("(")[2],
        is_dead=words[0] in "ZX",
        cpu_seconds=ticks / _TICKS,
        memory_bytes=_own_memory(process_id),
    )


def _own_memory(process_id: int) -> int:
    """What nobody else would need: shared pages would count once for each process of a family."""
    try:
        words = Path(f"/proc/{process_id}/statm").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return (int(words[1]) - int(words[2])) * _PAGE_BYTES


def marked(mark: str) -> list[int]:
    """Processes of this user that have `mark` (NAME=value) in the environment with which they were started."""
    wanted, found = mark.encode() + b"\0", []
    for name in os.listdir("/proc"):
        if not name.isdecimal() or int(name) == os.getpid():
            continue
        try:
            environment = Path(f"/proc/{name}/environ").read_bytes()
        except OSError:  # gone, or somebody else's
            continue
        if environment.startswith(wanted) or b"\0" + wanted in environment:
            found.append(int(name))
    return found


def ask_to_end(process_id: int) -> None:
    """SIGTERM for every descendant. Not for the sandbox around them, which would take them along at once."""
    for found in descendants(process_id):
        if found.name != _SANDBOX:
            _send(found.process_id, signal.SIGTERM)


def kill_descendants(process_id: int) -> dict[int, int]:
    """End every descendant, also those that are born meanwhile; returns when there is none, with what was reaped."""
    ended = reap()
    while living := descendants(process_id):
        for found in living:
            _send(found.process_id, signal.SIGKILL)
        time.sleep(_KILL_PAUSE_SECONDS)
        ended |= reap()
    return ended | reap()


def kill_marked(mark: str) -> bool:
    """End every process with the mark; False when some would not go within a second."""
    deadline = time.monotonic() + _KILL_SECONDS
    while living := marked(mark):
        if time.monotonic() > deadline:
            return False
        for process_id in living:
            _send(process_id, signal.SIGKILL)
        time.sleep(_KILL_PAUSE_SECONDS)
    return True


def reap() -> dict[int, int]:
    """Take in children that have ended: their exit codes by process id, negative for signals."""
    ended: dict[int, int] = {}
    while True:
        try:
            process_id, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if process_id == 0:
            return ended
        ended[process_id] = os.waitstatus_to_exitcode(status)


def _send(process_id: int, number: signal.Signals) -> None:
    try:
        os.kill(process_id, number)
    except ProcessLookupError:
        return
