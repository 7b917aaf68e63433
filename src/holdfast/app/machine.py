"""What this machine has, as far as pages and limits depend on it."""

from __future__ import annotations

import os
from pathlib import Path

_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")


def memory_bytes(container_limit: Path = _CONTAINER_LIMIT) -> int:
    """Bytes of memory that programs here may use: the machine's, or fewer in a container with a limit."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        word = container_limit.read_text().strip()
    except OSError:  # no control groups of version 2 here
        return physical
    return min(physical, int(word)) if word.isdecimal() else physical
