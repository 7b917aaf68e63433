"""A clock that stands while others have the processor: for programs with this folder on PYTHONPATH.

`HOLDFAST_TEST_QUIET` switches it on. A run keeps its budget in seconds of the wall; whether it would keep it on a
machine of its own can be seen on a busy one too: Linux says how long each task was ready and had to wait, and
`time.monotonic` leaves that out here. A process that waits for a child leaves out what the child had to wait. Where the
system says nothing, the clock is the usual one.

Source: Linux, Documentation/scheduler/sched-stats.rst (/proc/PID/schedstat: second field, nanoseconds on a run queue).
"""

import os
import resource
import time

_seconds = time.monotonic


class _Waited:
    """Seconds that this process, or the child that it waits for, was kept waiting."""

    all = 0.0
    own = 0.0
    child = None


class _Child:
    """A child's life as its parent sees it."""

    def __init__(self, own: float) -> None:
        self.waited_before, self.own_before = _Waited.all + max(0.0, own - _Waited.own), own
        self.began, self.used_before = _seconds(), _used_by_children()
        self.waited = 0.0

    def look(self, children: list[str]) -> float:
        self.waited = max(self.waited, *map(_waited_by, children))
        return self.waited_before + self.waited

    def end(self, own: float) -> float:
        """It is gone. Nobody saw what it waited at last, but what it used is known, and what this process waited."""
        idle = _seconds() - self.began - (_used_by_children() - self.used_before)
        return self.waited_before + max(self.waited, min(idle, self.waited + own - self.own_before))


def _used_by_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _waited_by(pid: str) -> float:
    try:
        with open(f"/proc/{pid}/schedstat") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def _children() -> list[str]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            return file.read().split()
    except OSError:
        return []


def _monotonic() -> float:
    own, children = _waited_by("self"), _children()
    if children:
        _Waited.child = _Waited.child or _Child(own)
        found = _Waited.child.look(children)
    elif _Waited.child is not None:
        found, _Waited.child = _Waited.child.end(own), None
    else:
        found = _Waited.all + max(0.0, own - _Waited.own)
    _Waited.all, _Waited.own = max(_Waited.all, found), own
    return _seconds() - _Waited.all


def _in_child() -> None:
    _Waited.own, _Waited.child = 0.0, None


if os.environ.get("HOLDFAST_TEST_QUIET"):
    os.register_at_fork(after_in_child=_in_child)
    time.monotonic = _monotonic
