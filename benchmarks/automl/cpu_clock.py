"""A clock of CPU seconds: what a run would take on a machine of its own, found out on one that others use too.

Budgets are wall seconds. Under load a process gets a part of a core, and what it manages in a minute says little. With
this clock a budget of 60 s is 60 s of CPU time of the process and all its descendants. Linux only.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def install() -> None:
    """Let this process, and those that it forks, count CPU seconds where they ask for time."""
    root = os.getpid()
    time.monotonic = lambda: tree_seconds(root)
    time.perf_counter = time.process_time


def tree_seconds(process: int) -> float:
    """CPU seconds of a process, of its living descendants, and of those that it waited for."""
    return _own(process) + sum(tree_seconds(child) for child in _children(process))


def _own(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


def _children(process: int) -> list[int]:
    try:
        return [
            int(child)
            for listed in Path(f"/proc/{process}/task").glob("*/children")
            for child in listed.read_text().split()
        ]
    except OSError:
        return []
