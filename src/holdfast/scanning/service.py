"""Has files looked into when somebody asks about them, in a thread of its own; answers come from the database.

Losing what waits to be scanned loses nothing: the next who asks has it scanned.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import HoldfastError
from holdfast.hub.repos.git_storage.trees import TreeEntry
from holdfast.hub.repos.metadata.format_safety import FormatSafety, format_safety
from holdfast.hub.repos.service.safety import FileSafety, ImportSafety, SafetyStatus
from holdfast.scanning import store
from holdfast.scanning.domain import Level, Scan
from holdfast.scanning.pickles import READER_VERSION, scan_pickles
from holdfast.viewer.domain import Source

logger = logging.getLogger("holdfast.scanning")

MAX_WAITING = 5_000
NICENESS = 10
PATIENCE_SECONDS = 0.5
"""How long somebody who asks waits for files that nobody has looked into yet; most take a few milliseconds."""
STOP_SECONDS = 5.0
_RISKY = (FormatSafety.RUNS_CODE, FormatSafety.MAY_RUN_CODE)
_STATUS = {
    Level.INNOCUOUS: SafetyStatus.SAFE,
    Level.SUSPICIOUS: SafetyStatus.SUSPICIOUS,
    Level.DANGEROUS: SafetyStatus.UNSAFE,
}


class OpenSource(Protocol):
    """Answered by the Hub: the bytes of a file of a repo."""

    def __call__(self, repo_key: int, entry: TreeEntry) -> Source:
        """The bytes.

        Raises:
            ObjectNotFound: a pointer whose object the repo does not have.
        """
        ...


@dataclass
class ScanService:
    """Tells how safe files are; a `SafetyReader` of the Hub."""

    database: Database
    open_source: OpenSource
    clock: Clock
    _waiting: queue.Queue[tuple[int, TreeEntry] | None] = field(default_factory=lambda: queue.Queue(MAX_WAITING))
    _asked: set[str] = field(default_factory=set)
    _done: threading.Condition = field(default_factory=threading.Condition)
    _thread: threading.Thread | None = None
    _stopping: bool = False

    def safety_of(self, repo_key: int, entries: Sequence[TreeEntry]) -> Mapping[str, FileSafety]:
        """See `SafetyReader`."""
        found = {entry.path: FileSafety(SafetyStatus.SAFE) for entry in entries if _is_safe(entry)}
        risky = {entry: safety for entry in entries if (safety := format_safety(entry.path)) in _RISKY}
        scans = self._scans(repo_key, list(risky))
        for entry, safety in risky.items():
            scan = scans.get(_content_oid(entry))
            # Numbers under a name that says nothing are no news; what they would import is.
            if safety is FormatSafety.RUNS_CODE or (scan is not None and scan.imports):
                found[entry.path] = FileSafety(SafetyStatus.QUEUED) if scan is None else _told(scan)
        return found

    @property
    def is_idle(self) -> bool:
        """Whether all that was asked for has been looked into."""
        return not self._asked

    def start(self) -> None:
        """Begin to look into what is asked for."""
        self._thread = threading.Thread(target=self._run, name="scanner", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the file in progress."""
        self._stopping = True
        with contextlib.suppress(queue.Full):  # it looks at `_stopping` after each file
            self._waiting.put_nowait(None)
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def _scans(self, repo_key: int, entries: Sequence[TreeEntry]) -> dict[str, Scan]:
        """Those known, after a moment of patience for the others."""
        oids = {_content_oid(entry) for entry in entries}
        scans = self._known(oids)
        for entry in entries:
            if _content_oid(entry) not in scans:
                self._ask(repo_key, entry)
        if len(scans) < len(oids) and self._thread is not None:
            give_up = time.monotonic() + PATIENCE_SECONDS
            with self._done:
                self._done.wait_for(lambda: oids.isdisjoint(self._asked), give_up - time.monotonic())
            scans = self._known(oids)
        return scans

    def _known(self, oids: set[str]) -> dict[str, Scan]:
        if not oids:
            return {}
        with self.database.read() as connection:
            return store.get_scans(connection, oids, READER_VERSION)

    def _ask(self, repo_key: int, entry: TreeEntry) -> None:
        oid = _content_oid(entry)
        with self._done:
            if oid in self._asked:
                return
            try:
                self._waiting.put_nowait((repo_key, entry))
            except queue.Full:
                return  # whoever asks next has it scanned
            self._asked.add(oid)

    def _run(self) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)  # Linux: of this thread alone
        while not self._stopping:
            asked = self._waiting.get()
            if asked is not None:
                self._scan(*asked)

    def _scan(self, repo_key: int, entry: TreeEntry) -> None:
        oid = _content_oid(entry)
        try:
            scan = scan_pickles(self.open_source(repo_key, entry))
            with self.database.write() as connection:
                store.put_scan(connection, oid, scan, READER_VERSION, self.clock())
        except HoldfastError as error:  # its bytes are not here, or the disk is full: asked again, tried again
            logger.info("%s could not be scanned: %s", entry.path, error)
        except Exception:
            logger.warning("%s could not be scanned", entry.path, exc_info=True)
        finally:
            with self._done:
                self._asked.discard(oid)
                self._done.notify_all()


def _is_safe(entry: TreeEntry) -> bool:
    return format_safety(entry.path) is FormatSafety.SAFE


def _content_oid(entry: TreeEntry) -> str:
    return entry.lfs.sha256 if entry.lfs else entry.oid


def _told(scan: Scan) -> FileSafety:
    imports = tuple(ImportSafety(item.module, item.name, item.level.name.lower()) for item in scan.imports)
    return FileSafety(_STATUS[scan.level], scan.level.name.lower(), imports, scan.problem)
