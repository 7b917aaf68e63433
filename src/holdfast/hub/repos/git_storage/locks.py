"""The exclusive lock of one repo, across threads and processes, and the repair of what a killed holder left behind.

Everything that moves a ref holds this lock: commits, pushes (`git receive-pack` inherits the descriptor, so that it
keeps the lock even when its parent is killed), pack-refs. Hence any `*.lock` file of git's that is found right after
the lock was won belongs to nobody.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from holdfast.base.errors import Overloaded, RepoNotFound
from holdfast.hub.repos.git_storage.libgit2 import disk_full_as_storage_full

_FIRST_PAUSE_SECONDS = 0.001
_LONGEST_PAUSE_SECONDS = 0.02
_HELD, _FREE = b"held", b"free"
"""What the file says, in equally many bytes: taking a lock that was taken before needs no room on the disk."""


@dataclass(frozen=True)
class HeldLock:
    """Proof of holding a repo's lock. Pass `descriptor` to a child process that must not outlive the lock."""

    descriptor: int


@dataclass
class _Turn:
    lock: Lock = field(default_factory=Lock)
    users: int = 0


class FileLocks:
    """Exclusive locks named by a file. One instance per process keeps threads from polling the file."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._turns: dict[Path, _Turn] = {}
        self._guard = Lock()

    @contextmanager
    def hold(self, lock_path: Path, inherited: int | None = None, *, guards_refs: bool = True) -> Iterator[HeldLock]:
        """Hold the lock at `lock_path`, whose folder is the bare repo. Not reentrant.

        Args:
            lock_path: the file, made if absent.
            inherited: a descriptor of `open_lock_file` that a child process has too: should this process die, the
                child keeps the lock until it ends. The caller closes it afterwards. None: no child needs it.
            guards_refs: nobody else may move refs meanwhile, so what a killed holder left locked can be unlocked.

        Raises:
            Overloaded: not free within the timeout.
            RepoNotFound: the repo's folder is gone, also when it went while we waited.
            StorageFull: the lock is taken for the first time, and there is no room for its file.
        """
        deadline = time.monotonic() + self._timeout_seconds
        with self._turn_of_thread(lock_path, deadline), _locked_file(lock_path, inherited, deadline) as descriptor:
            if guards_refs:
                _repair_after_killed_holder(descriptor, lock_path.parent)
            with disk_full_as_storage_full(lock_path.parent):
                os.pwrite(descriptor, _HELD, 0)
            try:
                yield HeldLock(descriptor)
            finally:
                with suppress(OSError):  # a full disk that copies on write; the next holder repairs in vain
                    os.pwrite(descriptor, _FREE, 0)

    @contextmanager
    def _turn_of_thread(self, lock_path: Path, deadline: float) -> Iterator[None]:
        with self._guard:
            turn = self._turns.setdefault(lock_path, _Turn())
            turn.users += 1
        try:
            if not turn.lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
                raise Overloaded
            try:
                yield
            finally:
                turn.lock.release()
        finally:
            with self._guard:
                turn.users -= 1
                if not turn.users:
                    del self._turns[lock_path]


def open_lock_file(lock_path: Path) -> int:
    """A descriptor of the lock file, to be inherited by a child before the lock is taken (see `FileLocks.hold`).

    Raises:
        RepoNotFound: the repo's folder is gone.
        StorageFull: no room for a new file.
    """
    try:
        with disk_full_as_storage_full(lock_path.parent):
            return os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RepoNotFound from error


@contextmanager
def _locked_file(lock_path: Path, inherited: int | None, deadline: float) -> Iterator[int]:
    descriptor = open_lock_file(lock_path) if inherited is None else os.dup(inherited)
    try:
        _flock(descriptor, deadline)
        try:
            if not lock_path.exists():  # a delete moved the repo into the trash while we waited
                raise RepoNotFound
            yield descriptor
        finally:
            if inherited is not None:  # closing frees the lock only with the last copy
                fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def _flock(descriptor: int, deadline: float) -> None:
    pause_seconds = _FIRST_PAUSE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Overloaded from None
        else:
            return
        time.sleep(pause_seconds)
        pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)


def _repair_after_killed_holder(descriptor: int, repo_path: Path) -> None:
    if os.pread(descriptor, len(_HELD), 0) == _HELD:
        remove_stale_git_locks(repo_path)


def remove_stale_git_locks(repo_path: Path) -> None:
    """Remove git's own `*.lock` files of refs and configuration. Call it only while holding the repo's lock."""
    for name in ("HEAD.lock", "packed-refs.lock", "config.lock"):
        (repo_path / name).unlink(missing_ok=True)
    for stale in (repo_path / "refs").rglob("*.lock"):
        stale.unlink(missing_ok=True)
