"""SQL for jobs as people see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from holdfast.accounts.domain import Namespace
from holdfast.base.identity import Actor
from holdfast.jobs.domain.jobs import Job, JobSpec, Stage
from holdfast.jobs.store.specs import read_job, write_spec
from holdfast.jobs.store.tables import job, job_label, job_secret

_UNFINISHED = [Stage.SCHEDULING.value, Stage.RUNNING.value]


@dataclass(frozen=True)
class NewJob:
    """A job to be added; `spec` with everything resolved. The system as creator is stored as none."""

    id: str
    namespace: Namespace
    creator: Actor
    spec: JobSpec
    created_at: int
    schedule_id: str | None = None


def insert_job(connection: Connection, new: NewJob) -> None:
    """Add a job, waiting for its turn. A used idempotency key is an IntegrityError."""
    spec = new.spec
    values = {
        "id": new.id,
        "namespace_id": new.namespace.id,
        "namespace": new.namespace.name,
        "namespace_is_org": new.namespace.is_org,
        "creator_id": new.creator.user_id or None,
        "creator": new.creator.username if new.creator.user_id else None,
        "kind": spec.kind,
        "spec": write_spec(spec),
        "stage": Stage.SCHEDULING.value,
        "priority": spec.priority,
        "cpus": spec.cpus or 1,
        "memory_mb": spec.memory_mb,
        "timeout_seconds": spec.timeout_seconds,
        "run_at": new.created_at,
        "attempt": 0,
        "failures": 0,
        "losses": 0,
        "schedule_id": new.schedule_id,
        "concurrency_key": spec.concurrency_key,
        "idempotency_key": spec.idempotency_key,
        "created_at": new.created_at,
    }
    key = connection.execute(insert(job).values(values)).inserted_primary_key
    assert key is not None
    _insert_labels(connection, int(key[0]), spec.labels)


def find_job(connection: Connection, namespace: Namespace, job_id: str, now: int) -> Job | None:
    """The job of that id in a namespace."""
    rows = connection.execute(select(job).where(_of(namespace), job.c.id == job_id)).all()
    return _read(connection, rows, now)[0] if rows else None


def find_job_by_key(connection: Connection, namespace: Namespace, idempotency_key: str, now: int) -> Job | None:
    """The job of that idempotency key in a namespace."""
    rows = connection.execute(select(job).where(_of(namespace), job.c.idempotency_key == idempotency_key)).all()
    return _read(connection, rows, now)[0] if rows else None


def list_jobs(
    connection: Connection,
    namespace: Namespace | None,
    *,
    stages: Sequence[Stage],
    labels: Sequence[tuple[str, str]],
    before: int | None,
    limit: int,
    now: int,
) -> tuple[list[Job], int | None]:
    """A page of jobs, newest first, and the key before which the next page begins; None after the last.

    Args:
        connection: open.
        namespace: None means all.
        stages: any of these; none means all.
        labels: all of these.
        before: from the page before.
        limit: at most so many.
        now: the time.
    """
    query = select(job).order_by(job.c.key.desc()).limit(limit + 1)
    if namespace is not None:
        query = query.where(_of(namespace))
    if stages:
        query = query.where(job.c.stage.in_([stage.value for stage in stages]))
    if before is not None:
        query = query.where(job.c.key < before)
    for name, value in labels:
        query = query.where(_has_label(name, value))
    rows = connection.execute(query).all()
    found = _read(connection, rows[:limit], now)
    return found, rows[limit - 1].key if len(rows) > limit else None


def replace_labels(connection: Connection, job_id: str, labels: Mapping[str, str]) -> None:
    """Give a job other labels."""
    key = connection.execute(select(job.c.key).where(job.c.id == job_id)).scalar_one()
    connection.execute(delete(job_label).where(job_label.c.job_key == key))
    _insert_labels(connection, key, labels)


def request_cancel(connection: Connection, job_id: str, now: int) -> None:
    """Cancel a waiting job at once, and tell the worker of a running one. Nothing happens to one that has ended."""
    waiting = (job.c.id == job_id) & (job.c.stage == Stage.SCHEDULING.value)
    canceled = {"stage": Stage.CANCELED.value, "finished_at": now, "cancel_requested_at": now, "message": None}
    connection.execute(update(job).where(waiting).values(canceled))
    running = (job.c.id == job_id) & (job.c.stage == Stage.RUNNING.value) & job.c.cancel_requested_at.is_(None)
    connection.execute(update(job).where(running).values(cancel_requested_at=now))


def count_unfinished(connection: Connection, namespace_id: int) -> int:
    """How many jobs of a namespace wait or run."""
    unfinished = job.c.stage.in_(_UNFINISHED)
    query = select(func.count()).select_from(job).where(job.c.namespace_id == namespace_id, unfinished)
    return int(connection.execute(query).scalar_one())


def list_ended(connection: Connection, before: int, limit: int) -> list[str]:
    """The ids of jobs that ended before a moment, the oldest first."""
    query = select(job.c.id).where(job.c.finished_at < before, job.c.stage.not_in(_UNFINISHED))
    return list(connection.execute(query.order_by(job.c.key).limit(limit)).scalars())


def delete_job(connection: Connection, job_id: str) -> None:
    """Forget a job, its labels and its secrets."""
    keys = select(job.c.key).where(job.c.id == job_id)
    connection.execute(delete(job_label).where(job_label.c.job_key.in_(keys)))
    connection.execute(delete(job_secret).where(job_secret.c.owner_id == job_id))
    connection.execute(delete(job).where(job.c.id == job_id))


def _of(namespace: Namespace) -> ColumnElement[bool]:
    return (job.c.namespace_id == namespace.id) & (job.c.created_at >= namespace.created_at)


def _has_label(name: str, value: str) -> ColumnElement[bool]:
    labelled = select(job_label.c.job_key).where(job_label.c.name == name, job_label.c.value == value)
    return job.c.key.in_(labelled)


def _read(connection: Connection, rows: Sequence[Any], now: int) -> list[Job]:
    keys = [row.key for row in rows]
    labels: dict[int, dict[str, str]] = {key: {} for key in keys}
    for row in connection.execute(select(job_label).where(job_label.c.job_key.in_(keys))):
        labels[row.job_key][row.name] = row.value
    return [read_job(row, labels[row.key], now) for row in rows]


def _insert_labels(connection: Connection, key: int, labels: Mapping[str, str]) -> None:
    rows = [{"job_key": key, "name": name, "value": value} for name, value in labels.items()]
    if rows:
        connection.execute(insert(job_label), rows)
