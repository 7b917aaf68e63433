"""The process beside a command: its log, its limits, its end. It outlives the server that started it.

It reads its plan, one JSON object, from standard input, so that secrets reach no disk. Standard library only: it starts
in some hundredths of a second. Started by `runner.LocalRunner`, which says what the files of a run are.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from holdfast.backends.runners.local import cgroups, processes
from holdfast.backends.runners.local.launching import LOCK_DESCRIPTOR
from holdfast.backends.runners.local.lines import LineWriter
from holdfast.backends.runners.local.output import LineSplitter
from holdfast.backends.runners.local.records import ALIVE, END, STOP, USAGE, write_record

TICK_SECONDS = 0.2
MEASURE_SECONDS = 1.0
STALE_SECONDS = 5.0
"""The server must be seen missing for so long without a break: after a machine slept, it has not come round to it."""
MAX_EVENT_BYTES = 16 * 1024 * 1024
MAX_USE_BYTES = 1024 * 1024
USE_SAMPLES = 200
"""Of what a command takes: so many are kept of the first minutes, and later ever fewer, as far apart as it is old."""
MAX_PROCESSES = 2048
NICENESS = 5
READ_BYTES = 256 * 1024
KEEPING_SECONDS = 1800.0
"""For so long a companion may keep what a command left, also after that was stopped or took too long."""
_LOST_WORK = 1
_EVENTS_CUT = '{"truncated": true}'


@dataclass
class Plan:
    """What the runner wants; see `protocol.Task` for most of it.

    Args:
        folder: of the task; `run_folder` of this run.
        command: as it is executed, with the sandbox around it.
        secrets: the values that are masked; they are part of `environment`.
        companion: the words of `Task.companion`, which gets `companion_environment`; empty for nobody.
    """

    folder: Path
    run_folder: Path
    command: list[str]
    environment: dict[str, str]
    secrets: list[str]
    memory_bytes: int | None
    cpus: int
    timeout_seconds: float | None
    grace_seconds: float
    orphan_seconds: float
    max_log_bytes: int
    min_free_bytes: int
    first_lines: list[str] = field(default_factory=list)
    companion: list[str] = field(default_factory=list)
    companion_environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, text: bytes) -> Plan:
        """Read what the runner wrote."""
        values: dict[str, Any] = json.loads(text)
        return cls(**{**values, "folder": Path(values["folder"]), "run_folder": Path(values["run_folder"])})


class Supervisor:
    """Runs one command to its end."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        cut = f"===== The log is longer than {plan.max_log_bytes // 1_000_000} MB: the rest is not kept ====="
        self._log = LineWriter(plan.folder / "log", plan.max_log_bytes, cut)
        self._events = LineWriter(plan.folder / "events", MAX_EVENT_BYTES, _EVENTS_CUT)
        self._use = LineWriter(plan.folder / "use", MAX_USE_BYTES, _EVENTS_CUT)
        self._output = LineSplitter(plan.secrets)
        self._told = LineSplitter(plan.secrets)
        self._told_file = os.open(plan.folder / "told", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        os.lseek(self._told_file, 0, os.SEEK_END)  # earlier runs have told it already
        self._group = cgroups.create(
            plan.run_folder, memory_bytes=plan.memory_bytes, cpus=plan.cpus, processes=MAX_PROCESSES
        )
        self._child: subprocess.Popen[bytes] | None = None
        self._exit_code: int | None = None
        self._reason: str | None = None
        self._problem = ""
        self._started_at = _now()
        self._began = time.monotonic()
        self._asked = 0.0
        self._measured = 0.0
        self._kept = 0.0
        self._missing_since: float | None = None
        self._is_accompanying = False
        self._is_ending = False
        self._cpu_seconds = 0.0
        self._wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def run(self) -> None:
        """Start, watch, end, tell."""
        self._listen()
        try:
            self._log.append([line.encode() for line in self._plan.first_lines], _now())
            self._write_usage(0)
            if self._prepare() and self._start(self._plan.command, self._plan.environment, self._plan.folder / "work"):
                self._watch()
                self._keep()
        finally:
            self._end_everything()
        self._log.close()
        self._events.close()
        self._use.close()
        self._tell_the_end()

    def _listen(self) -> None:
        processes.adopt_orphans()
        signal.set_wakeup_fd(self._wake[1], warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: self._ask("interrupted", "The machine shuts down."))

    def _prepare(self) -> bool:
        """Let the companion fill what the command will find mounted; False when there is nothing to start then."""
        if not self._plan.companion:
            return True
        if self._accompany("before"):
            return True
        if self._reason is None:
            self._reason, self._problem = "unstartable", "What it mounts could not be made ready: its log tells why."
        self._exit_code = None
        return False

    def _keep(self) -> None:
        """Let the companion keep what the command left, however it ended. A run that is interrupted starts again."""
        if not self._plan.companion or self._reason == "interrupted":
            return
        ended = (self._exit_code, self._reason, self._problem)
        self._reason, self._asked, self._began, self._is_ending = None, 0.0, time.monotonic(), True
        is_kept = self._accompany("after")
        if self._reason == "interrupted":
            return
        if not is_kept and ended[:2] == (0, None):
            ended = (_LOST_WORK, None, "What it wrote could not be kept: its log tells why.")
        self._exit_code, self._reason, self._problem = ended

    def _accompany(self, word: str) -> bool:
        """Run the companion to its end, outside of the command's limits; whether it did what it should."""
        self._exit_code, self._is_accompanying = None, True
        if self._start([*self._plan.companion, word], self._plan.companion_environment, self._plan.folder):
            self._watch()
        done = self._exit_code == 0 and self._reason is None
        self._child, self._exit_code, self._is_accompanying = None, None, False
        return done

    def _start(self, command: list[str], environment: dict[str, str], folder: Path) -> bool:
        try:
            self._child = subprocess.Popen(
                command,
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=self._prepare_child,  # noqa: PLW1509 - this process has one thread
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self._reason = "unstartable"
            self._problem = f"{command[0]} cannot be started: {error}"
            self._log.append([self._problem.encode()], _now())
            return False
        return True

    def _prepare_child(self) -> None:
        processes.die_with_parent()
        os.nice(NICENESS)  # the server, which many wait for, comes first
        processes.be_first_to_go()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if self._is_accompanying:
            return
        if self._plan.memory_bytes is not None:
            # For a leap between two measurements. Libraries reserve much more than they ever use.
            most = 2 * self._plan.memory_bytes + 1024**3
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        if self._group is not None:
            self._group.enter()

    def _watch(self) -> None:
        assert self._child is not None
        assert self._child.stdout is not None
        output = self._child.stdout.fileno()
        sources = [output, self._wake[0]]
        while self._exit_code is None:
            ready, _, _ = select.select(sources, [], [], TICK_SECONDS)
            if self._wake[0] in ready:
                os.read(self._wake[0], 4096)
            if output in ready and not self._read_output(output):
                sources.remove(output)
            self._look()
        # What outlives its parent holds the pipe open: it must end before the log's end can be known.
        self._end_everything()
        while self._read_output(output):
            pass
        self._log.append(self._output.finish(), _now())
        self._collect_events()
        self._events.append(self._told.finish(), _now())

    def _read_output(self, output: int) -> bool:
        data = os.read(output, READ_BYTES)
        self._log.append(self._output.feed(data), _now())
        return bool(data)

    def _look(self) -> None:
        ended = processes.reap()
        assert self._child is not None
        if self._child.pid in ended:
            self._exit_code = self._child.returncode = ended[self._child.pid]
            return
        self._collect_events()
        self._check_wishes()
        now = time.monotonic()
        limit = KEEPING_SECONDS if self._is_ending else self._plan.timeout_seconds
        if limit is not None and now - self._began > limit:
            self._ask("timed-out", f"It took longer than {limit:g} seconds.")
        if now - self._measured >= MEASURE_SECONDS:
            self._measured = now
            self._measure()
        if self._asked and now - self._asked > self._plan.grace_seconds:
            self._end_everything()

    def _check_wishes(self) -> None:
        folder = self._plan.run_folder
        try:
            renewed = (folder / ALIVE).stat().st_mtime
        except FileNotFoundError:
            self._ask("interrupted", "Its folder was removed.")
            return
        if (folder / STOP).exists() and not self._is_ending:
            self._ask("stopped", "")
        if time.time() - renewed <= self._plan.orphan_seconds:
            self._missing_since = None
            return
        self._missing_since = self._missing_since or time.monotonic()
        if time.monotonic() - self._missing_since > STALE_SECONDS:
            self._ask("interrupted", "The server that started it is gone.")

    def _measure(self) -> None:
        found = processes.descendants(os.getpid())
        memory = sum(process.memory_bytes for process in found)
        self._cpu_seconds = max(self._cpu_seconds, _ended_cpu_seconds() + sum(item.cpu_seconds for item in found))
        limit = None if self._is_accompanying else self._plan.memory_bytes
        if limit is not None and memory > limit:
            self._refuse("out-of-memory", f"It took more than its {limit // 1024**2} MB of memory.")
        elif self._free_bytes() < self._plan.min_free_bytes:
            self._refuse("out-of-disk", "The server's disk is nearly full.")
        elif len(found) > MAX_PROCESSES:
            self._refuse("out-of-memory", f"It started more than {MAX_PROCESSES} processes.")
        self._write_usage(memory)

    def _free_bytes(self) -> int:
        try:
            disk = os.statvfs(self._plan.run_folder)
        except FileNotFoundError:  # the next look tells
            return self._plan.min_free_bytes
        return disk.f_bavail * disk.f_frsize

    def _write_usage(self, memory_bytes: int) -> None:
        values = {
            "started_at": self._started_at,
            "cpu_seconds": self._cpu_seconds,
            "memory_bytes": memory_bytes,
            "group": None if self._group is None else str(self._group.folder),
        }
        try:
            write_record(self._plan.run_folder / USAGE, values)
            self._keep_use(memory_bytes)
        except OSError:  # a full disk, or no folder any more: the next look tells
            return

    def _keep_use(self, memory_bytes: int) -> None:
        now = time.monotonic()
        if now - self._kept >= max(MEASURE_SECONDS / 2, (now - self._began) / USE_SAMPLES):
            self._kept = now
            sample = {"cpu_seconds": round(self._cpu_seconds, 3), "memory_bytes": memory_bytes}
            self._use.append([json.dumps(sample).encode()], _now())

    def _collect_events(self) -> None:
        while data := os.read(self._told_file, READ_BYTES):
            self._events.append(self._told.feed(data), _now())

    def _ask(self, reason: str, problem: str) -> None:
        """Ask every process to end; the first reason counts."""
        if self._reason is None:
            self._reason, self._problem = reason, problem
            self._asked = time.monotonic()
            processes.ask_to_end(os.getpid())

    def _refuse(self, reason: str, problem: str) -> None:
        """End every process at once."""
        if self._reason is None:
            self._reason, self._problem = reason, problem
        self._end_everything()

    def _end_everything(self) -> None:
        if self._group is not None:
            self._group.kill()
        ended = processes.kill_descendants(os.getpid())
        if self._child is not None and self._child.pid in ended:
            self._exit_code = self._child.returncode = ended[self._child.pid]

    def _tell_the_end(self) -> None:
        if self._group is not None:
            if self._group.ran_out_of_memory() and self._reason is None and self._exit_code:
                self._reason, self._problem = "out-of-memory", "It took more memory than it may."
            self._group.remove()
        values = {
            "reason": self._reason or "exited",
            "exit_code": self._exit_code,
            "started_at": self._started_at,
            "finished_at": _now(),
            "cpu_seconds": max(self._cpu_seconds, _ended_cpu_seconds()),
            "problem": self._problem,
        }
        write_record(self._plan.run_folder / END, values, durable=True)


def _ended_cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _now() -> int:
    return time.time_ns() // 1_000_000


def main() -> None:
    """Run the plan on standard input; without a whole one, whoever started this is gone."""
    os.closerange(LOCK_DESCRIPTOR + 1, 1 << 20)
    os.set_inheritable(LOCK_DESCRIPTOR, False)  # noqa: FBT003 - positional only
    os.chdir("/")
    text = sys.stdin.buffer.read()
    try:
        plan = Plan.from_json(text)
    except ValueError:
        sys.exit(1)
    Supervisor(plan).run()
