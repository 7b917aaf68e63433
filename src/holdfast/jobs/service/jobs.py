"""What people do with jobs: run, look at, follow, cancel, repeat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import IO

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from holdfast.accounts import permissions
from holdfast.accounts.auditing import AuditAction
from holdfast.accounts.domain import Namespace
from holdfast.backends.database.protocol import Database
from holdfast.backends.runners.protocol import Run, Runner, Stream
from holdfast.base.clock import Clock
from holdfast.base.errors import Forbidden, InvalidInput
from holdfast.base.identity import Actor, Permission
from holdfast.jobs.domain.checks import check_labels
from holdfast.jobs.domain.jobs import (
    Artefact,
    Flavor,
    Job,
    JobEvent,
    JobPage,
    JobSpec,
    LogLine,
    Stage,
    Usage,
)
from holdfast.jobs.service.events import read_event
from holdfast.jobs.service.gate import JobGate, check_found
from holdfast.jobs.service.submitting import Submitter
from holdfast.jobs.service.usage import usage_over_time
from holdfast.jobs.store import jobs as store

PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000
LINES_AT_ONCE = 5000
FOLLOW_SECONDS = 0.25
MEASURE_SECONDS = 1.0
_MEBIBYTE = 1024 * 1024
_LONGEST_DETAIL = 300


@dataclass(frozen=True)
class Jobs:
    """The jobs of namespaces.

    Args:
        wake: called after something came that workers should look at soon.
    """

    database: Database
    gate: JobGate
    submitter: Submitter
    runner: Runner
    clock: Clock
    wake: Callable[[], None]

    def hardware(self) -> Sequence[Flavor]:
        """The choices there are, the smallest first."""
        return self.submitter.flavors

    def may_run(self, actor: Actor, namespace: str) -> bool:
        """Whether the actor may run jobs in a namespace whose jobs they see. Errors as `get_job`."""
        with self.database.read() as connection:
            try:
                self.gate.runnable(connection, actor, namespace)
            except Forbidden:
                return False
        return True

    def run_job(
        self, actor: Actor, namespace: str, spec: JobSpec, action: AuditAction = AuditAction.JOB_CREATED
    ) -> Job:
        """Add a job; it begins when it is its turn. With a known idempotency key, the job that there is.

        Args:
            actor: the caller.
            namespace: where it runs.
            spec: what it does.
            action: as which the audit log remembers it.

        Raises:
            LoginRequired, NotFound, Forbidden: see `JobGate.runnable`.
            InvalidInput, TooLarge: a spec that cannot be run.
            NoSandbox: somebody's own code, which this machine cannot confine.
        """
        with self.database.read() as connection:
            owner = self.gate.runnable(connection, actor, namespace)
        resolved = self.submitter.resolve(actor, spec)
        try:
            with self.database.write() as connection:
                job_id = self.submitter.add(connection, actor, owner, resolved)
                self.gate.record(connection, actor, action, owner, job_id, **_described(resolved))
        except IntegrityError:
            return self._known(owner, resolved)
        self.wake()
        return self.get_job(actor, namespace, job_id)

    def get_job(self, actor: Actor, namespace: str, job_id: str) -> Job:
        """One job.

        Raises:
            LoginRequired: anonymous.
            NotFound: absent, or none of the actor's business.
        """
        with self.database.read() as connection:
            owner = self.gate.visible(connection, actor, namespace)
            return check_found(store.find_job(connection, owner, job_id, self.clock()))

    def list_jobs(
        self,
        actor: Actor,
        namespace: str,
        *,
        stages: Sequence[Stage] = (),
        labels: Sequence[tuple[str, str]] = (),
        cursor: str | None = None,
        limit: int = PAGE_SIZE,
    ) -> JobPage:
        """The jobs of a namespace, newest first.

        Args:
            actor: the caller.
            namespace: a user's or an organization's name.
            stages: any of these; none means all.
            labels: all of these names and values.
            cursor: `next_cursor` of the page before.
            limit: at most so many, and never more than `MAX_PAGE_SIZE`.

        Raises:
            LoginRequired, NotFound: see `get_job`.
            InvalidInput: a cursor that is none.
        """
        with self.database.read() as connection:
            owner = self.gate.visible(connection, actor, namespace)
        return self._list(owner, stages, labels, cursor, limit)

    def list_all(
        self, actor: Actor, *, stages: Sequence[Stage] = (), cursor: str | None = None, limit: int = PAGE_SIZE
    ) -> JobPage:
        """The jobs of everybody, for site admins.

        Raises:
            LoginRequired, Forbidden: somebody else.
        """
        permissions.check_account(actor, Permission.SITE_ADMIN)
        return self._list(None, stages, (), cursor, limit)

    def cancel_job(self, actor: Actor, namespace: str, job_id: str) -> Job:
        """End a job. One that runs is asked to, and ended after a grace; nothing happens to one that has ended.

        Raises:
            LoginRequired, NotFound, Forbidden: see `JobGate`.
        """
        with self._changeable(actor, namespace, job_id) as (connection, owner):
            store.request_cancel(connection, job_id, self.clock())
            self.gate.record(connection, actor, AuditAction.JOB_CANCELLED, owner, job_id)
        self.wake()
        job = self.get_job(actor, namespace, job_id)
        if job.stage is Stage.CANCELED:
            self.runner.forget(job_id, work_only=True)  # what an earlier attempt left for the next one
        return job

    def update_labels(self, actor: Actor, namespace: str, job_id: str, labels: Mapping[str, str]) -> Job:
        """Give a job these labels in place of its own.

        Raises:
            LoginRequired, NotFound, Forbidden: see `JobGate`.
            InvalidInput: too many, or no labels.
        """
        check_labels(labels)
        with self._changeable(actor, namespace, job_id) as (connection, _owner):
            store.replace_labels(connection, job_id, labels)
        self.wake()
        return self.get_job(actor, namespace, job_id)

    def duplicate_job(self, actor: Actor, namespace: str, job_id: str) -> Job:
        """Run the same again, secrets included, as the actor.

        Raises:
            LoginRequired, NotFound, Forbidden: see `JobGate.runnable`.
        """
        with self.database.read() as connection:
            owner = self.gate.runnable(connection, actor, namespace)
            found = check_found(store.find_job(connection, owner, job_id, self.clock()))
            self.gate.check_change(connection, actor, owner, found.creator)  # its secrets go along
            secrets = self.submitter.secrets_of(connection, job_id)
        again = replace(
            found.spec, secrets=secrets, idempotency_key=None, initiator="duplicated-job", initiator_id=job_id
        )
        return self.run_job(actor, namespace, again)

    def read_log(
        self, actor: Actor, namespace: str, job_id: str, *, start: int = 0, tail: int | None = None
    ) -> list[LogLine]:
        """Lines of the log as it is now, at most `LINES_AT_ONCE`.

        Args:
            actor: the caller.
            namespace: see `get_job`.
            job_id: see `get_job`.
            start: the number of the first line.
            tail: the last so many lines instead.

        Raises:
            LoginRequired, NotFound: see `get_job`.
        """
        self.get_job(actor, namespace, job_id)
        return self._lines(job_id, start, tail)

    async def follow_log(
        self, actor: Actor, namespace: str, job_id: str, *, start: int = 0, tail: int | None = None
    ) -> AsyncGenerator[list[LogLine], None]:
        """The lines from `start` (or the last `tail`) on, some at a time as they come; ends once the job has.

        Errors as `get_job`.
        """
        job = await asyncio.to_thread(self.get_job, actor, namespace, job_id)
        while True:
            lines = await asyncio.to_thread(self._lines, job_id, start, tail)
            if lines:
                yield lines
                start, tail = lines[-1].number + 1, None
            elif job.stage.is_terminal:
                return
            else:
                await asyncio.sleep(FOLLOW_SECONDS)
                job = await asyncio.to_thread(self.get_job, actor, namespace, job_id)

    async def follow_metrics(self, actor: Actor, namespace: str, job_id: str) -> AsyncGenerator[Usage, None]:
        """What the job takes, once a second while it runs; ends once it has. Errors as `get_job`."""
        before: tuple[int, float] | None = None
        while True:
            job = await asyncio.to_thread(self.get_job, actor, namespace, job_id)
            if job.stage.is_terminal:
                return
            if job.stage is Stage.RUNNING:
                usage, before = await asyncio.to_thread(self._usage, job, before)
                yield usage
            await asyncio.sleep(MEASURE_SECONDS)

    def read_events(self, actor: Actor, namespace: str, job_id: str, *, start: int = 0) -> list[JobEvent]:
        """What the command told, from number `start` on (below 0: the last so many). At most `LINES_AT_ONCE`."""
        self.get_job(actor, namespace, job_id)
        lines = self.runner.read_lines(job_id, Stream.EVENTS, start, LINES_AT_ONCE)
        return [JobEvent(line.number, line.at, read_event(line.text)) for line in lines]

    def read_usage(self, actor: Actor, namespace: str, job_id: str) -> list[Usage]:
        """What the job took over time, as it was kept. Errors as `get_job`."""
        job = self.get_job(actor, namespace, job_id)
        return usage_over_time(self.runner.read_lines(job_id, Stream.USE, 0, LINES_AT_ONCE), job.spec)

    def list_artefacts(self, actor: Actor, namespace: str, job_id: str) -> list[Artefact]:
        """The files that the job left, by path. Errors as `get_job`."""
        self.get_job(actor, namespace, job_id)
        return [Artefact(file.path, file.size_bytes, file.modified_at) for file in self.runner.list_files(job_id)]

    def open_artefact(self, actor: Actor, namespace: str, job_id: str, path: str) -> IO[bytes]:
        """The bytes of a file that the job left; the caller closes it.

        Raises:
            NotFound: no such file, or see `get_job`.
        """
        self.get_job(actor, namespace, job_id)
        return self.runner.open_file(job_id, path)

    def _known(self, owner: Namespace, spec: JobSpec) -> Job:
        assert spec.idempotency_key is not None
        with self.database.read() as connection:
            return check_found(store.find_job_by_key(connection, owner, spec.idempotency_key, self.clock()))

    def _list(
        self,
        owner: Namespace | None,
        stages: Sequence[Stage],
        labels: Sequence[tuple[str, str]],
        cursor: str | None,
        limit: int,
    ) -> JobPage:
        before = read_cursor(cursor)
        size = max(1, min(limit, MAX_PAGE_SIZE))
        with self.database.read() as connection:
            found, after = store.list_jobs(
                connection, owner, stages=stages, labels=labels, before=before, limit=size, now=self.clock()
            )
        return JobPage(found, None if after is None else str(after))

    @contextmanager
    def _changeable(self, actor: Actor, namespace: str, job_id: str) -> Iterator[tuple[Connection, Namespace]]:
        with self.database.write() as connection:
            owner = self.gate.runnable(connection, actor, namespace)
            found = check_found(store.find_job(connection, owner, job_id, self.clock()))
            self.gate.check_change(connection, actor, owner, found.creator)
            yield connection, owner

    def _lines(self, job_id: str, start: int, tail: int | None) -> list[LogLine]:
        first = start if tail is None else -max(1, tail)
        lines = self.runner.read_lines(job_id, Stream.LOG, first, LINES_AT_ONCE)
        return [LogLine(line.number, line.at, line.text) for line in lines]

    def _usage(self, job: Job, before: tuple[int, float] | None) -> tuple[Usage, tuple[int, float]]:
        status = self.runner.status(Run(job.id, job.attempt))
        now = self.clock()
        percent = None
        if before is not None and now > before[0]:
            percent = max(0.0, (status.cpu_seconds - before[1]) * 100_000 / (now - before[0]))
        limit = None if job.spec.memory_mb is None else job.spec.memory_mb * _MEBIBYTE
        return Usage(now, percent, status.memory_bytes, limit, job.spec.cpus or 1), (now, status.cpu_seconds)


def _described(spec: JobSpec) -> dict[str, str]:
    """What the audit log says of a new job; never its command, which may hold what is nobody's business."""
    labels = ", ".join(f"{name}={value}" if value else name for name, value in spec.labels.items())
    return {"kind": spec.kind, **({"labels": labels[:_LONGEST_DETAIL]} if labels else {})}


def read_cursor(cursor: str | None) -> int | None:
    """The number in a cursor.

    Raises:
        InvalidInput: it is none of ours.
    """
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal()) or len(cursor) > 18:
        raise InvalidInput(field="cursor", problem="must be one that this server gave")
    return int(cursor)
