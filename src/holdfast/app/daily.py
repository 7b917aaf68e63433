"""The server's daily round of maintenance: a thread that wakes up now and then and looks whether a day is over."""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

logger = logging.getLogger("holdfast.app")

DAY_SECONDS = 24 * 3600.0
LOOK_SECONDS = 600.0
NICENESS = 10
STOP_SECONDS = 5.0

_FILE = "last-maintenance"


@dataclass
class DailyRound:
    """Runs `work` once a day, also over restarts, and in one of several processes on a data directory.

    Args:
        data_dir: holds the file whose age says when the last round was.
        work: may take long; should it fail, the next day tries again.
        look_seconds: how often to see whether a day is over; the first look comes this long after the start.
    """

    data_dir: Path
    work: Callable[[], object]
    look_seconds: float = LOOK_SECONDS
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread = threading.Thread(target=self._run, name="daily-round", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more. A round in progress is left alone: like a crash, it harms nothing."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def run_if_due(self) -> bool:
        """Run the work if the last round is a day ago and nobody else is at it; answers whether it ran."""
        with _claimed(self.data_dir / _FILE) as is_due:
            if is_due:
                self.work()
            return is_due

    def _run(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)  # Linux: of this thread alone
        while not self._stop.wait(self.look_seconds):
            try:
                self.run_if_due()
            except Exception:
                # Whatever it is: the server lives on, and tomorrow is another day.
                if not self._stop.is_set():
                    logger.warning("the daily round of maintenance failed", exc_info=True)


@contextmanager
def _claimed(path: Path) -> Iterator[bool]:
    """Hold the file's lock and mark it as of now. Yields False when it is younger than a day, or held."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield _is_due(descriptor)
    finally:
        os.close(descriptor)


def _is_due(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    found = os.fstat(descriptor)
    if found.st_size and time.time() - found.st_mtime < DAY_SECONDS:
        return False
    os.pwrite(descriptor, time.strftime("%Y-%m-%dT%H:%M:%SZ\n", time.gmtime()).encode(), 0)
    return True
