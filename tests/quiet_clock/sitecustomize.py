"""A clock that stands while others have the processor: for programs with this folder on PYTHONPATH.

`HOLDFAST_TEST_QUIET` switches it on. A run keeps its budget in seconds of the wall; whether it would keep it on a
machine of its own can be seen on a busy one too: Linux says how long each task was ready and had to wait, and
`time.monotonic` leaves that out here. A process that waits for a child leaves out what the child had to wait. Where the
system says nothing, the clock is the usual one.

Source: Linux, Documentation/scheduler/sched-stats.rst (/proc/PID/schedstat: second field, nanoseconds on a run queue).
"""

import os
import time

_seconds = time.monotonic


class _Waited:
    """Seconds that this process, or the child that it waits for, was kept waiting."""

    all = 0.0
    seen = 0.0
    before_child: float | None = None


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
        if _Waited.before_child is None:
            _Waited.before_child = _Waited.all + max(0.0, own - _Waited.seen)
        _Waited.all = max(_Waited.all, _Waited.before_child + max(map(_waited_by, children)))
    elif _Waited.before_child is not None:
        _Waited.before_child = None
    else:
        _Waited.all += max(0.0, own - _Waited.seen)
    _Waited.seen = own
    return _seconds() - _Waited.all


def _in_child() -> None:
    _Waited.seen, _Waited.before_child = 0.0, None


if os.environ.get("HOLDFAST_TEST_QUIET"):
    os.register_at_fork(after_in_child=_in_child)
    time.monotonic = _monotonic
