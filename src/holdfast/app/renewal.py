"""After an upgrade: a thread that has old repos read again, until all say what the new rules can tell."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import dataclass, field

from holdfast.hub.repos.service.renewing import IndexRenewer

logger = logging.getLogger("holdfast.app")

NICENESS = 10
PAUSE_SECONDS = 0.02
"""After each repo, so that requests come first."""
STOP_SECONDS = 5.0


@dataclass
class Renewal:
    """Works through all outdated repos once; what cannot be read is tried again at the next start."""

    renewer: IndexRenewer
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, if there is anything to do."""
        if self.renewer.outdated(0, 1):
            self._thread = threading.Thread(target=self._run, name="renewal", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End after the repo in progress."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def run(self) -> int:
        """Renew every repo; returns how many were."""
        done, key = 0, 0
        while keys := self.renewer.outdated(key):
            for key in keys:
                if self._stop.is_set():
                    return done
                done += self.renewer.renew(key)
                self._stop.wait(PAUSE_SECONDS)
        return done

    def _run(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)  # Linux: of this thread alone
        try:
            logger.info("repos were read again for the filters of lists: %d", self.run())
        except Exception:
            if not self._stop.is_set():
                logger.warning("reading repos again failed; the next start goes on", exc_info=True)
