"""The local driver of the runner seam: makes the folders, starts supervisors, reads what they leave."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from holdfast.backends.runners.local import files, processes
from holdfast.backends.runners.local.cgroups import ControlGroup
from holdfast.backends.runners.local.environment import MARK, companion_environment, environment_of, mark_of
from holdfast.backends.runners.local.launching import Launcher, module_command
from holdfast.backends.runners.local.lines import read_lines
from holdfast.backends.runners.local.records import ALIVE, END, LOCK, STOP, USAGE, read_record, write_record
from holdfast.backends.runners.local.supervisor import Plan
from holdfast.backends.runners.protocol import EndReason, FileFacts, Line, Run, RunState, RunStatus, Stream, Task
from holdfast.backends.sandboxes.protocol import Mounted, Rules, Sandbox
from holdfast.base.clock import now_milliseconds
from holdfast.base.errors import Conflict, InvalidInput, NoSandbox, StorageFull

_FOLDER_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")


class LocalRunner:
    """See `factory.open_local_runner` for the arguments."""

    def __init__(
        self,
        folder: Path,
        sandbox: Sandbox,
        *,
        max_log_bytes: int,
        min_free_bytes: int,
        orphan_seconds: float,
        grace_seconds: float,
    ) -> None:
        self._folder = folder
        self._sandbox = sandbox
        self._max_log_bytes = max_log_bytes
        self._min_free_bytes = min_free_bytes
        self._orphan_seconds = orphan_seconds
        self._grace_seconds = grace_seconds
        self.place = _place_of(folder)
        self._launcher = Launcher()

    def start(self, run: Run, task: Task) -> None:
        """See `Runner.start`."""
        problem = self._sandbox.problem() if task.confined else None
        if problem is not None:
            raise NoSandbox(problem=problem)
        with _room_needed():
            self._start(run, task)

    def status(self, run: Run) -> RunStatus:
        """See `Runner.status`."""
        self._launcher.reap()
        folder = self._run_folder(run)
        ended = read_record(folder / END)
        if ended is None and _is_locked(folder / LOCK):
            return _running(read_record(folder / USAGE) or {})
        ended = ended or read_record(folder / END)  # it may have been written between the two looks
        if ended is not None:
            return _ended(ended)
        return RunStatus(RunState.LOST if folder.exists() else RunState.UNKNOWN)

    def stop(self, run: Run) -> None:
        """See `Runner.stop`."""
        state = self.status(run).state
        folder = self._run_folder(run)
        if state is RunState.RUNNING:
            with suppress(FileNotFoundError):
                (folder / STOP).touch()
        elif state is RunState.LOST:
            self._bury(run)
        elif state is RunState.UNKNOWN and not self._publish(run, _never_started()):
            self.stop(run)  # somebody started it meanwhile

    def renew(self, runs: Collection[Run]) -> None:
        """See `Runner.renew`."""
        self._launcher.reap()
        for run in runs:
            with suppress(FileNotFoundError):
                os.utime(self._run_folder(run) / ALIVE)

    def read_lines(self, folder: str, stream: Stream, start: int, limit: int) -> Sequence[Line]:
        """See `Runner.read_lines`."""
        return [Line(*found) for found in read_lines(self._task_folder(folder) / stream.value, start, limit)]

    def list_files(self, folder: str) -> Sequence[FileFacts]:
        """See `Runner.list_files`."""
        return files.list_files(self._task_folder(folder) / "artefacts")

    def open_file(self, folder: str, path: str) -> IO[bytes]:
        """See `Runner.open_file`."""
        return files.open_file(self._task_folder(folder) / "artefacts", path)

    def forget(self, folder: str, *, work_only: bool = False) -> None:
        """See `Runner.forget`. What a command has locked away from this user stays."""
        found = self._task_folder(folder)
        for gone in (found / "work", found / "mounts") if work_only else (found,):
            shutil.rmtree(gone, ignore_errors=True)

    def _start(self, run: Run, task: Task) -> None:
        lock = self._claim(run)
        try:
            plan = self._plan(run, task)
            text = json.dumps({**asdict(plan), "folder": str(plan.folder), "run_folder": str(plan.run_folder)})
            self._launcher.launch(text.encode(), lock)
        finally:
            os.close(lock)

    def _claim(self, run: Run) -> int:
        """Make the run known, and hold its lock: from now on nobody else can start it."""
        folder = self._new_folder(run)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        (folder / ALIVE).touch()
        if not self._settle(folder, run):
            os.close(lock)
            raise Conflict(reason=f"Run {run.number} of {run.folder} was started or stopped before.")
        return lock

    def _publish(self, run: Run, end: dict[str, object]) -> bool:
        """Make the run known as ended; False when it is known."""
        folder = self._new_folder(run)
        write_record(folder / END, end, durable=True)
        return self._settle(folder, run)

    def _new_folder(self, run: Run) -> Path:
        folder = self._run_folder(run).with_name(f"new-{secrets.token_hex(8)}")
        folder.mkdir(parents=True, mode=0o700)
        return folder

    def _settle(self, folder: Path, run: Run) -> bool:
        try:
            folder.rename(self._run_folder(run))  # fails when that exists: no run's folder is ever empty
        except OSError:
            shutil.rmtree(folder)
            return False
        return True

    def _bury(self, run: Run) -> None:
        """End what a lost supervisor may have left, and write its terminal record."""
        folder = self._run_folder(run)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            usage = read_record(folder / USAGE) or {}
            if read_record(folder / END) is None and _kill_all(
                mark_of(run, self._task_folder(run.folder)), usage.get("group")
            ):
                told = {"started_at": usage.get("started_at"), "problem": "The machine went down."}
                write_record(folder / END, {**_never_started(), **told}, durable=True)
        except BlockingIOError:
            return  # somebody else is at it
        finally:
            os.close(lock)

    def _plan(self, run: Run, task: Task) -> Plan:
        folder = self._task_folder(run.folder)
        mounts = folder / "mounts" / str(run.number)
        self._make_folders(folder, mounts, task)
        companion = task.companion
        return Plan(
            folder=folder,
            run_folder=self._run_folder(run),
            command=self._confined(folder, mounts, task) if task.confined else list(task.command),
            environment=environment_of(run, task, folder),
            companion=module_command(companion.module) if companion else [],
            companion_environment=companion_environment(run, companion, folder, mounts) if companion else {},
            secrets=[*task.secrets.values(), *(companion.secrets.values() if companion else ())],
            memory_bytes=task.memory_bytes,
            cpus=task.cpus,
            timeout_seconds=task.timeout_seconds,
            grace_seconds=self._grace_seconds,
            orphan_seconds=self._orphan_seconds,
            max_log_bytes=self._max_log_bytes,
            min_free_bytes=self._min_free_bytes,
            first_lines=list(task.first_lines),
        )

    def _make_folders(self, folder: Path, mounts: Path, task: Task) -> None:
        for name in ("work", "artefacts"):
            (folder / name).mkdir(exist_ok=True, mode=0o700)
        (folder / "told").touch(mode=0o600)
        for name, text in task.files.items():
            files.write_text(folder / "work", name, text)
        if task.mounts:  # what an earlier run left there is of no use, and may be a trap
            shutil.rmtree(mounts.parent, ignore_errors=True)
        for mount in task.mounts:
            (mounts / mount.name).mkdir(parents=True, mode=0o700)

    def _confined(self, folder: Path, mounts: Path, task: Task) -> list[str]:
        mounted = [Mounted(mounts / mount.name, mount.path, mount.read_only) for mount in task.mounts]
        writable = (folder / "artefacts", folder / "told")
        rules = Rules(folder / "work", writable, network=task.network, mounts=mounted)
        return self._sandbox.wrap(list(task.command), rules)

    def _task_folder(self, folder: str) -> Path:
        if not _FOLDER_NAME.fullmatch(folder):
            raise InvalidInput(field="folder", problem=f"must be letters, digits and '-'; got {folder[:80]!r}")
        return self._folder / folder[-2:] / folder

    def _run_folder(self, run: Run) -> Path:
        return self._task_folder(run.folder) / "runs" / str(run.number)


def _place_of(folder: Path) -> str:
    """A word that stays with the folder: whoever sees its locks can tell how its runs are."""
    known = folder / "place"
    if not known.exists():
        with _room_needed():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside = folder / f"place.{secrets.token_hex(8)}"
            beside.write_text(f"local-{secrets.token_hex(8)}")
        try:
            os.link(beside, known)  # fails when there is one by now: then that counts
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    return known.read_text()


@contextmanager
def _room_needed() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull from error
        raise


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _kill_all(mark: str, group: str | None) -> bool:
    """End what a lost supervisor may have left; False when some of it would not go."""
    if group is not None:
        found = ControlGroup(Path(group))
        found.kill()
        found.remove()
    return processes.kill_marked(f"{MARK}={mark}")


def _running(usage: dict[str, Any]) -> RunStatus:
    return RunStatus(
        RunState.RUNNING,
        started_at=usage.get("started_at"),
        cpu_seconds=usage.get("cpu_seconds", 0.0),
        memory_bytes=usage.get("memory_bytes", 0),
    )


def _ended(end: dict[str, Any]) -> RunStatus:
    return RunStatus(RunState.ENDED, **{**end, "reason": EndReason(end["reason"])})


def _never_started() -> dict[str, object]:
    return {
        "reason": EndReason.INTERRUPTED.value,
        "exit_code": None,
        "started_at": None,
        "finished_at": now_milliseconds(),
        "problem": "It was stopped before it started.",
    }
