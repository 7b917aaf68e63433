"""Jobs without processes: services over a runner that does what the test says, and a clock that stands still."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from holdfast.accounts.domain import OrgRole
from holdfast.accounts.service import AccountServices, open_accounts
from holdfast.backends.database.protocol import Database
from holdfast.backends.runners.protocol import EndReason, FileFacts, Line, Run, RunState, RunStatus, Stream, Task
from holdfast.base.errors import Conflict, HoldfastError, NotFound
from holdfast.base.identity import SYSTEM, Actor
from holdfast.base.sealing import Sealer
from holdfast.hub.buckets.service.access import BucketGate
from holdfast.hub.repos.service.access import RepoGate
from holdfast.jobs.domain.jobs import Job, JobSpec
from holdfast.jobs.service import Dispatcher, DispatchRules, Jobs, JobServices, Machine, Schedules, open_jobs
from holdfast.jobs.service.volumes import VolumeGate
from tests.factories.databases import open_test_database

START = 1_700_000_000_000
NEVER_STARTED = RunStatus(RunState.ENDED, EndReason.INTERRUPTED, problem="It was stopped before it started.")


class StandingClock:
    """Milliseconds since 1970, moved by hand."""

    now = START

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += int(seconds * 1000)


@dataclass
class PretendRunner:
    """Starts nothing; a run is what the test makes of it. `refusal`: raised by the next start."""

    place: str = "here"
    tasks: dict[Run, Task] = field(default_factory=dict)
    states: dict[Run, RunStatus] = field(default_factory=dict)
    stopped: list[Run] = field(default_factory=list)
    renewed: list[Run] = field(default_factory=list)
    lines: dict[tuple[str, Stream], list[str]] = field(default_factory=dict)
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    forgotten: list[tuple[str, bool]] = field(default_factory=list)
    refusal: HoldfastError | None = None

    def start(self, run: Run, task: Task) -> None:
        if self.refusal is not None:
            raise self.refusal
        if run in self.states:
            raise Conflict
        self.tasks[run] = task
        self.states[run] = RunStatus(RunState.RUNNING, started_at=START)

    def end(self, run: Run, exit_code: int | None = 0, reason: EndReason = EndReason.EXITED, problem: str = "") -> None:
        self.states[run] = RunStatus(RunState.ENDED, reason, exit_code, finished_at=START + 5, problem=problem)

    def lose(self, run: Run) -> None:
        self.states[run] = RunStatus(RunState.LOST)

    def tell(self, folder: str, *texts: str, stream: Stream = Stream.EVENTS) -> None:
        self.lines.setdefault((folder, stream), []).extend(texts)

    def status(self, run: Run) -> RunStatus:
        return self.states.get(run, RunStatus(RunState.UNKNOWN))

    def stop(self, run: Run) -> None:
        self.stopped.append(run)
        if self.status(run).state in (RunState.UNKNOWN, RunState.LOST):
            self.states[run] = NEVER_STARTED

    def renew(self, runs: Collection[Run]) -> None:
        self.renewed += runs

    def read_lines(self, folder: str, stream: Stream, start: int, limit: int) -> Sequence[Line]:
        texts = self.lines.get((folder, stream), [])
        first = max(0, len(texts) + start) if start < 0 else start
        return [Line(number, START, text) for number, text in enumerate(texts)][first : first + limit]

    def list_files(self, folder: str) -> Sequence[FileFacts]:
        return [FileFacts(path, len(data), START) for path, data in self.files.get(folder, {}).items()]

    def open_file(self, folder: str, path: str) -> IO[bytes]:
        found = self.files.get(folder, {}).get(path)
        if found is None:
            raise NotFound
        return io.BytesIO(found)

    def forget(self, folder: str, *, work_only: bool = False) -> None:
        self.forgotten.append((folder, work_only))
        if not work_only:
            self.files.pop(folder, None)


@dataclass
class Workshop:
    """Alice and the organization lab; bob is a stranger, root administers the site. 4 processors."""

    database: Database
    accounts: AccountServices
    runner: PretendRunner
    clock: StandingClock
    services: JobServices
    people: dict[str, Actor]
    sandbox_problem: str | None = None
    volume_problem: str | None = None
    programs: set[str] = field(default_factory=set)

    @property
    def jobs(self) -> Jobs:
        return self.services.jobs

    @property
    def schedules(self) -> Schedules:
        return self.services.schedules

    @property
    def dispatcher(self) -> Dispatcher:
        return self.services.dispatcher

    def actor(self, name: str) -> Actor:
        return self.people[name]

    def run(self, namespace: str = "alice", by: str = "alice", **fields) -> Job:
        return self.jobs.run_job(self.actor(by), namespace, spec(**fields))

    def now(self, job: Job) -> Job:
        return self.jobs.get_job(self.actor("root"), job.namespace, job.id)

    def add_worker(self, runner: PretendRunner | None = None, slots: int = 4) -> Dispatcher:
        """Another worker, of another process; of the same place unless it brings a runner."""
        return _open(self, runner or self.runner, slots).dispatcher


def spec(command=("true",), kind="training", **fields) -> JobSpec:
    return JobSpec(kind, tuple(command), **fields)


def open_workshop(folder: Path, kind: str | None = None) -> Workshop:
    """Build it in `folder`, on a database of that kind; close its database at the end of the test."""
    database = open_test_database(folder, kind)
    clock = StandingClock()
    accounts = open_accounts(database, clock)
    users = ("alice", "bob", "carol", "dave", "erin", "root")
    people = {name: _user(accounts, name, admin=name == "root") for name in users}
    accounts.accounts.create_organization(people["alice"], "lab")
    for name, role in (("carol", OrgRole.READ), ("dave", OrgRole.CONTRIBUTOR), ("erin", OrgRole.WRITE)):
        accounts.accounts.set_member(people["alice"], "lab", name, role)
    shop = Workshop(database, accounts, PretendRunner(), clock, None, people)  # type: ignore[arg-type]
    shop.services = _open(shop, shop.runner, 4)
    return shop


def _open(shop: Workshop, runner: PretendRunner, slots: int) -> JobServices:
    return open_jobs(
        shop.database,
        shop.accounts,
        runner,
        Sealer(b"k" * 32, "job secrets"),
        shop.clock,
        Machine(4, 8192),
        DispatchRules(slots, lease_seconds=30, orphan_seconds=300),
        VolumeGate(
            RepoGate(shop.database, shop.accounts.accounts),
            BucketGate(shop.database, shop.accounts.accounts),
            lambda: shop.volume_problem,
        ),
        sandbox_problem=lambda: shop.sandbox_problem,
        has_program=shop.programs.__contains__,
        endpoint=lambda: "http://hub.example",
    )


def _user(accounts: AccountServices, name: str, *, admin: bool) -> Actor:
    user = accounts.accounts.create_user(SYSTEM, name, is_site_admin=admin)
    return Actor(user.id, name, is_site_admin=admin)
