"""What every sandbox promises.

* A confined command sees the system and the interpreter read-only, a private `/tmp`, the folders that it is given, and
  its own processes. It reaches no network unless it may, gains no rights, and ends when the process that started it
  does, with all that it started.
* `problem` says whether this machine can do so, by trying; `wrap` never gives less than it promises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Mounted:
    """A folder that a command finds at another path, which begins with `/`."""

    folder: Path
    path: str
    read_only: bool


@dataclass(frozen=True)
class Rules:
    """What a command may do.

    Args:
        work_folder: where it starts; it may write there.
        writable: more files and folders that it may write.
        readable: files and folders that it may read, besides the system and the interpreter.
        network: it may reach other machines.
        mounts: folders that it finds elsewhere.
    """

    work_folder: Path
    writable: Sequence[Path] = ()
    readable: Sequence[Path] = ()
    network: bool = False
    mounts: Sequence[Mounted] = ()


class Sandbox(Protocol):
    """Confines commands. `can_mount`: folders can be found at other paths than where they lie."""

    can_mount: bool

    def problem(self) -> str | None:
        """Why commands cannot be confined here, and what to do about it; None when they can."""
        ...

    def wrap(self, command: Sequence[str], rules: Rules) -> list[str]:
        """The command that runs `command` confined.

        Raises:
            NoSandbox: there are mounts, which this sandbox cannot make.
        """
        ...
