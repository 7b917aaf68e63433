"""Schedules: made, changed and ended by people; their jobs are made by workers when the moment comes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from holdfast.accounts.auditing import AuditAction
from holdfast.accounts.domain import Namespace
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import Conflict, Forbidden, NotFound
from holdfast.base.identity import Actor
from holdfast.jobs.domain.checks import check_labels
from holdfast.jobs.domain.cron import parse_cron
from holdfast.jobs.domain.jobs import Job, JobSpec
from holdfast.jobs.domain.schedules import Schedule, SchedulePage
from holdfast.jobs.service.acting import Creators
from holdfast.jobs.service.gate import JobGate, check_found, job_not_found
from holdfast.jobs.service.jobs import MAX_PAGE_SIZE, PAGE_SIZE, read_cursor
from holdfast.jobs.service.submitting import Submitter
from holdfast.jobs.store import jobs as job_store
from holdfast.jobs.store import schedules as store
from holdfast.jobs.store import secrets as secret_store

logger = logging.getLogger("holdfast.jobs")


@dataclass(frozen=True)
class Schedules:
    """The schedules of namespaces."""

    database: Database
    gate: JobGate
    creators: Creators
    submitter: Submitter
    clock: Clock
    wake: Callable[[], None]

    def create_schedule(
        self,
        actor: Actor,
        namespace: str,
        cron: str,
        spec: JobSpec,
        *,
        suspended: bool = False,
        concurrency: bool = False,
    ) -> Schedule:
        """Run a job again and again.

        Args:
            actor: the caller; jobs act in this user's name.
            namespace: where the jobs run.
            cron: five fields, or a word such as `@daily`; in UTC.
            spec: of every job.
            suspended: not yet.
            concurrency: also while the job before is unfinished.

        Raises:
            LoginRequired, NotFound, Forbidden: see `JobGate.runnable`.
            InvalidInput, TooLarge, NoSandbox: a bad expression, or a spec that cannot be run.
        """
        with self.database.read() as connection:
            owner = self.gate.runnable(connection, actor, namespace)
        parsed, now = parse_cron(cron), self.clock()
        resolved = replace(self.submitter.resolve(actor, spec), idempotency_key=None)
        next_run_at = None if suspended else parsed.next_after(now)
        schedule_id = self.submitter.new_id()
        new = store.NewSchedule(schedule_id, owner, actor, cron, resolved, concurrency, next_run_at, now)
        with self.database.write() as connection:
            store.insert_schedule(connection, new)
            self.gate.record(connection, actor, AuditAction.SCHEDULE_CREATED, owner, schedule_id, cron=cron)
            self.submitter.keep_secrets(connection, schedule_id, resolved)
        self.wake()
        return self.get_schedule(actor, namespace, schedule_id)

    def get_schedule(self, actor: Actor, namespace: str, schedule_id: str) -> Schedule:
        """One schedule.

        Raises:
            LoginRequired: anonymous.
            NotFound: absent, or none of the actor's business.
        """
        with self.database.read() as connection:
            owner = self.gate.visible(connection, actor, namespace)
            return _check_found(store.find_schedule(connection, owner, schedule_id))

    def list_schedules(
        self, actor: Actor, namespace: str, *, cursor: str | None = None, limit: int = PAGE_SIZE
    ) -> SchedulePage:
        """The schedules of a namespace, newest first. Errors as `get_schedule`; InvalidInput for a bad cursor."""
        before = read_cursor(cursor)
        with self.database.read() as connection:
            owner = self.gate.visible(connection, actor, namespace)
            size = max(1, min(limit, MAX_PAGE_SIZE))
            found, after = store.list_schedules(connection, owner, before, size)
        return SchedulePage(found, None if after is None else str(after))

    def delete_schedule(self, actor: Actor, namespace: str, schedule_id: str) -> None:
        """Make no more jobs; those that were made stay. Errors as `suspend_schedule`."""
        with self._changeable(actor, namespace, schedule_id, AuditAction.SCHEDULE_DELETED) as (connection, _):
            store.delete_schedule(connection, schedule_id)
            secret_store.delete_sealed(connection, schedule_id)

    def suspend_schedule(self, actor: Actor, namespace: str, schedule_id: str) -> Schedule:
        """Make no jobs until it is resumed.

        Raises:
            LoginRequired, NotFound, Forbidden: see `JobGate`.
        """
        with self._changeable(actor, namespace, schedule_id, change="suspended") as (connection, _):
            store.update_schedule(connection, schedule_id, suspended=True, next_run_at=None)
        return self.get_schedule(actor, namespace, schedule_id)

    def resume_schedule(self, actor: Actor, namespace: str, schedule_id: str) -> Schedule:
        """Make jobs again, from the next moment on. Errors as `suspend_schedule`."""
        with self._changeable(actor, namespace, schedule_id, change="resumed") as (connection, found):
            next_run_at = found.next_run_at or parse_cron(found.cron).next_after(self.clock())
            store.update_schedule(connection, schedule_id, suspended=False, next_run_at=next_run_at)
        self.wake()
        return self.get_schedule(actor, namespace, schedule_id)

    def change_cron(self, actor: Actor, namespace: str, schedule_id: str, cron: str) -> Schedule:
        """Make jobs at other moments. Errors as `suspend_schedule`; InvalidInput for a bad expression."""
        parsed = parse_cron(cron)
        with self._changeable(actor, namespace, schedule_id, change="cron", cron=cron) as (connection, found):
            next_run_at = None if found.suspended else parsed.next_after(self.clock())
            store.update_schedule(connection, schedule_id, cron=cron, next_run_at=next_run_at)
        self.wake()
        return self.get_schedule(actor, namespace, schedule_id)

    def update_labels(self, actor: Actor, namespace: str, schedule_id: str, labels: Mapping[str, str]) -> Schedule:
        """Give the jobs to come these labels. Errors as `suspend_schedule`; InvalidInput for bad ones."""
        check_labels(labels)
        with self._changeable(actor, namespace, schedule_id, change="labels") as (connection, found):
            store.update_schedule(connection, schedule_id, spec=replace(found.spec, labels=dict(labels)))
        return self.get_schedule(actor, namespace, schedule_id)

    def trigger_schedule(self, actor: Actor, namespace: str, schedule_id: str) -> Job:
        """Make a job now, beside those that come by themselves, in the name of who made the schedule.

        Raises:
            LoginRequired, NotFound, Forbidden: see `JobGate`.
            Conflict: the job before is not finished, and one runs at a time.
        """
        with self._changeable(actor, namespace, schedule_id, AuditAction.SCHEDULE_TRIGGERED) as (connection, found):
            creator, owner = self.creators.check(connection, found.creator, found.namespace)
            if not found.concurrency and store.is_unfinished(connection, found.last_job_id):
                raise Conflict(reason="The job before is not finished, and this schedule runs one at a time.")
            job_id = self._add_job(connection, creator, owner, found)
            job = check_found(job_store.find_job(connection, owner, job_id, self.clock()))
        self.wake()
        return job

    def make_due_jobs(self) -> int:
        """Make the jobs of every schedule whose moment has come; returns how many. For workers.

        What was missed while no worker ran is made up for once. In one transaction with the schedule's next moment, so
        that no two workers make the same job.
        """
        with self.database.read() as connection:
            next_at = store.next_due_at(connection)
        if next_at is None or next_at > self.clock():
            return 0
        made = 0
        with self.database.write() as connection:
            for found in store.find_due(connection, self.clock()):
                made += self._make_due_job(connection, found)
        return made

    def _make_due_job(self, connection: Connection, found: Schedule) -> bool:
        next_run_at = parse_cron(found.cron).next_after(self.clock())
        store.update_schedule(connection, found.id, next_run_at=next_run_at)
        if not found.concurrency and store.is_unfinished(connection, found.last_job_id):
            return False
        try:
            creator, owner = self.creators.check(connection, found.creator, found.namespace)
        except (NotFound, Forbidden) as error:
            logger.warning("schedule %s of %s is suspended: %s", found.id, found.namespace, error)
            store.update_schedule(connection, found.id, suspended=True, next_run_at=None)
            return False
        self._add_job(connection, creator, owner, found)
        return True

    def _add_job(self, connection: Connection, creator: Actor, owner: Namespace, found: Schedule) -> str:
        secrets = self.submitter.secrets_of(connection, found.id)
        spec = replace(found.spec, secrets=secrets, initiator="scheduled-job", initiator_id=found.id)
        job_id = self.submitter.add(connection, creator, owner, spec, schedule_id=found.id)
        store.update_schedule(connection, found.id, last_job_id=job_id, last_job_at=self.clock())
        return job_id

    @contextmanager
    def _changeable(
        self,
        actor: Actor,
        namespace: str,
        schedule_id: str,
        action: AuditAction = AuditAction.SCHEDULE_CHANGED,
        **details: str,
    ) -> Iterator[tuple[Connection, Schedule]]:
        with self.database.write() as connection:
            owner = self.gate.runnable(connection, actor, namespace)
            found = _check_found(store.find_schedule(connection, owner, schedule_id))
            self.gate.check_change(connection, actor, owner, found.creator)
            yield connection, found
            self.gate.record(connection, actor, action, owner, schedule_id, **details)


def _check_found(schedule: Schedule | None) -> Schedule:
    if schedule is None:
        raise job_not_found()
    return schedule
