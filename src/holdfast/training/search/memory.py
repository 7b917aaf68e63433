"""What a process and its descendants hold, and what the machine has to spare. Linux; elsewhere nothing is known."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from holdfast.jobs import reporting

MEBIBYTE = 1024 * 1024
_SHARE_TO_SPARE = 0.8
_UNKNOWN_MB = 4096
_ROOM_FOR_RESERVED = 4
"""Libraries reserve more than they use; only a wish far beyond the limit is refused at once."""


def resident_bytes(process: int | None) -> int:
    """Resident bytes of a process and all its descendants; 0 where that can't be told."""
    if process is None:
        return 0
    return sum(_resident(one) for one in [process, *_descendants(process)])


def _resident(process: int) -> int:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _descendants(process: int) -> list[int]:
    found: list[int] = []
    try:
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            for child in map(int, children.read_text().split()):
                found += [child, *_descendants(child)]
    except OSError:
        return found
    return found


def spare_mb() -> int:
    """Megabytes that a trial may take when nobody said."""
    free = [size for size in (_machine_free_mb(), _group_free_mb(), _job_free_mb()) if size is not None]
    return max(256, int(_SHARE_TO_SPARE * min(free))) if free else _UNKNOWN_MB


def _machine_free_mb() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable:")), None)


def _group_free_mb() -> int | None:
    """What the control group that we are in leaves; None where it sets no limit."""
    try:
        most = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        used = Path("/sys/fs/cgroup/memory.current").read_text().strip()
    except OSError:
        return None
    return None if most == "max" else (int(most) - int(used)) // MEBIBYTE


def _job_free_mb() -> int | None:
    """What the job that this runs as leaves: past its own limit not one trial would end, but all of the job."""
    most = reporting.memory_mb()
    return None if most is None else max(0, most - resident_bytes(os.getpid()) // MEBIBYTE)


def limit_allocation(memory_mb: int) -> None:
    """Let this process fail with MemoryError when it asks for far more than it may have."""
    if sys.platform != "linux":
        return
    import resource  # noqa: PLC0415 - is not everywhere

    most = (memory_mb * _ROOM_FOR_RESERVED + 1024) * MEBIBYTE
    _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or hard > most:
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
