"""Chooses the runner driver."""

from __future__ import annotations

import shutil
from pathlib import Path

from holdfast.backends.runners.protocol import Runner
from holdfast.backends.sandboxes.protocol import Sandbox


def has_local_program(name: str) -> bool:
    """Whether the commands of a local runner find a program of that name."""
    from holdfast.backends.runners.local.environment import SEARCHED  # noqa: PLC0415 - drivers are imported lazily

    return shutil.which(name, path=SEARCHED) is not None


def open_local_runner(
    folder: Path,
    sandbox: Sandbox,
    *,
    max_log_bytes: int,
    orphan_seconds: float,
    grace_seconds: float,
    min_free_bytes: int = 256 * 1024 * 1024,
) -> Runner:
    """A runner that executes tasks as processes of this machine.

    Args:
        folder: holds the logs, work folders and artefacts of all tasks.
        sandbox: confines what is to be confined.
        max_log_bytes: of one task; what is more is cut off, and the log says so.
        orphan_seconds: how long a run goes on without anybody who says that he still waits for it.
        grace_seconds: between asking a command to end and insisting.
        min_free_bytes: what must be left of the disk; runs end before they take that too.
    """
    from holdfast.backends.runners.local.runner import LocalRunner  # noqa: PLC0415 - drivers are imported lazily

    return LocalRunner(
        folder,
        sandbox,
        max_log_bytes=max_log_bytes,
        min_free_bytes=min_free_bytes,
        orphan_seconds=orphan_seconds,
        grace_seconds=grace_seconds,
    )
