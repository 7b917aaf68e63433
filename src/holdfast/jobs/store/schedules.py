"""SQL for schedules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from holdfast.accounts.domain import Namespace
from holdfast.base.identity import Actor
from holdfast.jobs.domain.jobs import JobSpec, Stage
from holdfast.jobs.domain.schedules import Schedule
from holdfast.jobs.store.specs import read_schedule, write_spec
from holdfast.jobs.store.tables import job, job_schedule


@dataclass(frozen=True)
class NewSchedule:
    """A schedule to be added. `next_run_at` None: suspended."""

    id: str
    namespace: Namespace
    creator: Actor
    cron: str
    spec: JobSpec
    concurrency: bool
    next_run_at: int | None
    created_at: int


def insert_schedule(connection: Connection, new: NewSchedule) -> None:
    """Add a schedule."""
    values = {
        "id": new.id,
        "namespace_id": new.namespace.id,
        "namespace": new.namespace.name,
        "namespace_is_org": new.namespace.is_org,
        "creator_id": new.creator.user_id or None,
        "creator": new.creator.username if new.creator.user_id else None,
        "cron": new.cron,
        "spec": write_spec(new.spec),
        "suspended": new.next_run_at is None,
        "concurrency": new.concurrency,
        "next_run_at": new.next_run_at,
        "created_at": new.created_at,
    }
    connection.execute(insert(job_schedule).values(values))


def find_schedule(connection: Connection, namespace: Namespace, schedule_id: str) -> Schedule | None:
    """The schedule of that id in a namespace."""
    row = connection.execute(select(job_schedule).where(_of(namespace), job_schedule.c.id == schedule_id)).first()
    return None if row is None else read_schedule(row)


def list_schedules(
    connection: Connection, namespace: Namespace, before: int | None, limit: int
) -> tuple[list[Schedule], int | None]:
    """A page of schedules, newest first, and the key before which the next page begins; None after the last."""
    query = select(job_schedule).where(_of(namespace)).order_by(job_schedule.c.key.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(job_schedule.c.key < before)
    rows = connection.execute(query).all()
    return [read_schedule(row) for row in rows[:limit]], rows[limit - 1].key if len(rows) > limit else None


def update_schedule(connection: Connection, schedule_id: str, **values: Any) -> None:
    """Change columns of a schedule; `spec` as a `JobSpec`."""
    if isinstance(values.get("spec"), JobSpec):
        values["spec"] = write_spec(values["spec"])
    connection.execute(update(job_schedule).where(job_schedule.c.id == schedule_id).values(values))


def delete_schedule(connection: Connection, schedule_id: str) -> None:
    """Forget a schedule; its jobs stay."""
    connection.execute(delete(job_schedule).where(job_schedule.c.id == schedule_id))


def find_due(connection: Connection, now: int) -> list[Schedule]:
    """Schedules whose moment has come."""
    rows = connection.execute(select(job_schedule).where(job_schedule.c.next_run_at <= now)).all()
    return [read_schedule(row) for row in rows]


def next_due_at(connection: Connection) -> int | None:
    """The first moment at which a schedule is due."""
    query = select(job_schedule.c.next_run_at).where(job_schedule.c.next_run_at.is_not(None))
    found: int | None = connection.execute(query.order_by(job_schedule.c.next_run_at).limit(1)).scalar()
    return found


def is_unfinished(connection: Connection, job_id: str | None) -> bool:
    """Whether a job waits or runs."""
    if job_id is None:
        return False
    stage = connection.execute(select(job.c.stage).where(job.c.id == job_id)).scalar()
    return stage is not None and not Stage(stage).is_terminal


def _of(namespace: Namespace) -> ColumnElement[bool]:
    return (job_schedule.c.namespace_id == namespace.id) & (job_schedule.c.created_at >= namespace.created_at)
