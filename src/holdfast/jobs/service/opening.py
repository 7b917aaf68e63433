"""Puts the services of jobs together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from holdfast.accounts.service import AccountServices
from holdfast.backends.database.protocol import Database
from holdfast.backends.runners.protocol import Runner
from holdfast.base.clock import Clock
from holdfast.base.sealing import Sealer
from holdfast.jobs.domain.hardware import flavors_of
from holdfast.jobs.service.access_tokens import JobTokens
from holdfast.jobs.service.acting import Creators
from holdfast.jobs.service.dispatching import Dispatcher, DispatchRules
from holdfast.jobs.service.forgetting import JobHistory
from holdfast.jobs.service.gate import JobGate
from holdfast.jobs.service.jobs import Jobs
from holdfast.jobs.service.scheduling import Schedules
from holdfast.jobs.service.submitting import Submitter
from holdfast.jobs.service.volumes import VolumeGate


@dataclass(frozen=True)
class JobServices:
    """Everything that jobs can do: `jobs` and `schedules` for people, the others in the background."""

    jobs: Jobs
    schedules: Schedules
    dispatcher: Dispatcher
    history: JobHistory


@dataclass(frozen=True)
class Machine:
    """What the place where jobs run has."""

    cpus: int
    memory_mb: int


def open_jobs(
    database: Database,
    accounts: AccountServices,
    runner: Runner,
    sealer: Sealer,
    clock: Clock,
    machine: Machine,
    rules: DispatchRules,
    volumes: VolumeGate,
    *,
    sandbox_problem: Callable[[], str | None],
    has_program: Callable[[str], bool],
    endpoint: Callable[[], str],
) -> JobServices:
    """Build the services of one process; nothing runs before `dispatcher.start()`.

    Args:
        database: with the tables in place.
        accounts: who people are.
        runner: executes commands.
        sealer: of secrets.
        clock: milliseconds since 1970.
        machine: what there is to share.
        rules: of the worker.
        volumes: who may mount what.
        sandbox_problem: why somebody's own code cannot be confined where jobs run; None when it can.
        has_program: whether commands find a program of that name there.
        endpoint: the address of the server, for commands.
    """
    bell = _Bell()
    gate = JobGate(accounts.accounts)
    creators = Creators(accounts.accounts, gate)
    flavors = flavors_of(machine.cpus, machine.memory_mb)
    submitter = Submitter(flavors, sandbox_problem, has_program, sealer, clock, volumes)
    jobs = Jobs(database, gate, submitter, runner, clock, bell.ring)
    schedules = Schedules(database, gate, creators, submitter, clock, bell.ring)
    tokens = JobTokens(accounts.tokens, clock)
    dispatcher = Dispatcher(database, runner, submitter, creators, tokens, schedules, clock, rules, endpoint)
    bell.listener = dispatcher.wake
    return JobServices(jobs, schedules, dispatcher, JobHistory(database, runner, clock))


class _Bell:
    """Between those who bring work and the worker of this process, who is built last."""

    listener: Callable[[], None] | None = None

    def ring(self) -> None:
        if self.listener is not None:
            self.listener()
