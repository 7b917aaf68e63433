"""A control group (version 2) around a run, where this process may make one: nothing leaves it, and it ends as one.

Limits of memory and processors hold where the controllers are delegated to us. A group with processes of its own cannot
limit groups below it, so the server must sit in a group beside those of its runs (systemd: `Delegate=yes`,
`DelegateSubgroup=server`). Elsewhere the supervisor measures and ends.
Source: the kernel's admin-guide/cgroup-v2; systemd.resource-control(5). Standard library only.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from holdfast.backends.runners.local.records import place_of

_MOUNTS = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))
SERVER_GROUP = "server"
_PERIOD_MICROSECONDS = 100_000
_KILL_SECONDS = 5.0


@dataclass(frozen=True)
class ControlGroup:
    """A group of our own."""

    folder: Path

    def enter(self) -> None:
        """Put the calling process, and what it starts, into the group."""
        (self.folder / "cgroup.procs").write_text(str(os.getpid()))

    def kill(self) -> None:
        """End every process in it."""
        with suppress(OSError):  # before Linux 5.14 there is no such file: the walk of descendants remains
            (self.folder / "cgroup.kill").write_text("1")

    def ran_out_of_memory(self) -> bool:
        """Whether the kernel ended a process of it for that."""
        try:
            lines = (self.folder / "memory.events").read_text().splitlines()
        except OSError:
            return False
        return any(line.startswith("oom_kill ") and line.split()[1] != "0" for line in lines)

    def remove(self) -> None:
        """Remove it, as soon as its processes are gone."""
        deadline = time.monotonic() + _KILL_SECONDS
        while time.monotonic() < deadline:
            try:
                self.folder.rmdir()
            except FileNotFoundError:
                return
            except OSError:
                time.sleep(0.02)
            else:
                return


def create(run_folder: Path, *, memory_bytes: int | None, cpus: int, processes: int) -> ControlGroup | None:
    """Make a group for a run, None where that is not allowed."""
    home = _home()
    if home is None:
        return None
    task_folder = run_folder.parent.parent
    group = ControlGroup(home / f"holdfast-{task_folder.name}-{run_folder.name}-{place_of(task_folder)}")
    try:
        group.folder.mkdir(exist_ok=True)
        if not os.access(group.folder / "cgroup.procs", os.W_OK):
            return None
    except OSError:
        return None
    _limit(group.folder / "pids.max", str(processes))
    _limit(group.folder / "cpu.max", f"{cpus * _PERIOD_MICROSECONDS} {_PERIOD_MICROSECONDS}")
    if memory_bytes is not None:
        _limit(group.folder / "memory.max", str(memory_bytes))
        _limit(group.folder / "memory.oom.group", "1")
    return group


def _home() -> Path | None:
    """Where groups of runs belong."""
    own = _own_group()
    if own is None or own.name != SERVER_GROUP:
        return own
    for controller in ("memory", "cpu", "pids"):
        _limit(own.parent / "cgroup.subtree_control", f"+{controller}")
    return own.parent


def _own_group() -> Path | None:
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return None
    path = next((line[3:] for line in lines if line.startswith("0::")), None)
    mount = next((mount for mount in _MOUNTS if (mount / "cgroup.procs").exists()), None)
    return None if path is None or mount is None else mount / path.lstrip("/")


def _limit(path: Path, value: str) -> None:
    with suppress(OSError):  # the controller is not ours to set
        path.write_text(value)
