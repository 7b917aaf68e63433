"""What every runner promises.

* A run is one start of a task's command, named by a folder (which the runs of one task share, one after the other) and
  a number. A run starts at most once: `start` of a known run is a `Conflict`, also after a crash, also from another
  machine. `stop` of an unknown run makes it known, as ended: whoever comes late with `start` finds it so.
* A started run goes on when whoever started it dies, for as long as somebody says `renew` now and then; then it ends,
  INTERRUPTED. So who has not renewed for `orphan_seconds` may be sure that nothing of his runs is alive any more.
* The end of a run is told once and for good, after every process of it is gone. A run that vanished without telling
  (the machine went down) is LOST; `stop` ends what may be left of it, and makes sure that nothing is.
* `stop` and a timeout first ask (SIGTERM), and after `grace_seconds` insist; they reach every process of the run.
* What the command writes on standard output and error is the stream LOG; what it tells in the file that
  HOLDFAST_JOB_EVENTS names is the stream EVENTS: lines that never change, from number 0 on, over all runs of a folder.
* Folders that a task mounts are empty when a run begins; a companion fills them before the command starts, and may keep
  what the command left there once it has ended, however it ended, unless the run is INTERRUPTED or LOST. A companion
  that fails keeps the command from starting, or makes a run that went well fail.
* The work folder and the artefacts stay from run to run, until `forget`, which may also take the work folder alone.

All methods are quick, and safe to call from several threads and processes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import IO, Protocol


class RunState(Enum):
    """UNKNOWN was never started; LOST ended without a word."""

    UNKNOWN = "unknown"
    RUNNING = "running"
    ENDED = "ended"
    LOST = "lost"


class EndReason(Enum):
    """Why a run ended."""

    EXITED = "exited"
    """By itself: see the exit code."""
    STOPPED = "stopped"
    TIMED_OUT = "timed-out"
    OUT_OF_MEMORY = "out-of-memory"
    OUT_OF_DISK = "out-of-disk"
    """Hardly any room is left where everybody's data are."""
    INTERRUPTED = "interrupted"
    """The machine shuts down, or nobody renewed: not the command's fault."""
    UNSTARTABLE = "unstartable"
    """There is no such program, or the sandbox failed."""


class Stream(Enum):
    """What a run writes."""

    LOG = "log"
    EVENTS = "events"
    USE = "use"
    """What a run took, now and then: `{"cpu_seconds": of all its processes so far, "memory_bytes": now}`."""


@dataclass(frozen=True)
class Run:
    """Names a run. `folder`: letters, digits and `-`, up to 64; `number` from 1 on."""

    folder: str
    number: int


@dataclass(frozen=True)
class Mount:
    """A folder that a confined command finds at `path`, which begins with `/`.

    Args:
        name: of the folder below HOLDFAST_MOUNTS, where the companion finds it: letters, digits and `-`.
        read_only: the command cannot write there.
    """

    path: str
    name: str
    read_only: bool = True


@dataclass(frozen=True)
class Companion:
    """A module of Holdfast's own that runs beside a command: unconfined, and with nothing of the command's variables.

    It is run with the argument `before`, then with `after`.
    """

    module: str
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Task:
    """What to execute.

    Args:
        command: the program and its arguments.
        environment: all variables that the command gets, besides those of the runner.
        secrets: more variables, whose values never reach a disk, nor a log.
        files: small texts by their path in the work folder; written before the command starts.
        confined: somebody else's code: run it in the sandbox.
        network: it may reach other machines; only a sandbox can forbid it.
        cpus: processors that it should use.
        memory_bytes: more ends it; None means no limit.
        timeout_seconds: it is ended after that; None means never.
        first_lines: written to the log before the command starts.
        mounts: folders that the command finds elsewhere; only a sandbox can do that.
        companion: what fills and keeps them; None for nobody.
    """

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: Mapping[str, str] = field(default_factory=dict)
    confined: bool = True
    network: bool = False
    cpus: int = 1
    memory_bytes: int | None = None
    timeout_seconds: float | None = None
    first_lines: Sequence[str] = ()
    mounts: Sequence[Mount] = ()
    companion: Companion | None = None


@dataclass(frozen=True)
class RunStatus:
    """How a run is. Times are milliseconds since 1970, None: not yet, or unknown.

    Args:
        reason: why it ended; None while it has not.
        exit_code: negative for a signal; None when the command was never started.
        cpu_seconds: used so far, of all its processes.
        memory_bytes: taken now, by all its processes.
        problem: one sentence when `reason` alone does not say it.
    """

    state: RunState
    reason: EndReason | None = None
    exit_code: int | None = None
    started_at: int | None = None
    finished_at: int | None = None
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Line:
    """One line of a stream. `at` is when it came."""

    number: int
    at: int
    text: str


@dataclass(frozen=True)
class FileFacts:
    """One artefact."""

    path: str
    size_bytes: int
    modified_at: int


class Runner(Protocol):
    """Executes tasks."""

    place: str
    """Runners with the same place know each other's runs; for those of another place, nobody here can say a word."""

    def start(self, run: Run, task: Task) -> None:
        """Start the command.

        Raises:
            Conflict: the run is known.
            NoSandbox: the task is to be confined, which this machine cannot do.
            StorageFull: no room for its files.
        """
        ...

    def status(self, run: Run) -> RunStatus:
        """How it is."""
        ...

    def stop(self, run: Run) -> None:
        """End it; returns at once, and `status` tells when it is done. Nothing happens to a run that has ended."""
        ...

    def renew(self, runs: Collection[Run]) -> None:
        """Say that somebody still waits for these."""
        ...

    def read_lines(self, folder: str, stream: Stream, start: int, limit: int) -> Sequence[Line]:
        """Up to `limit` lines from number `start` on; a negative `start` counts from the end."""
        ...

    def list_files(self, folder: str) -> Sequence[FileFacts]:
        """The artefacts, by path."""
        ...

    def open_file(self, folder: str, path: str) -> IO[bytes]:
        """An artefact's bytes.

        Raises:
            NotFound: there is none at that path.
        """
        ...

    def forget(self, folder: str, *, work_only: bool = False) -> None:
        """Remove everything of a folder, none of whose runs is alive; or only where the command worked."""
        ...
