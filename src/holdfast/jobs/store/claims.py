"""SQL for workers: claim a job, hold it under a lease, let go of it.

Every change of a running job names its worker and its attempt: a worker that was too slow changes nothing any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Row, ScalarSelect, Select, func, select, true, update

from holdfast.jobs.domain.jobs import JobSpec, Progress, Stage
from holdfast.jobs.store.specs import read_spec
from holdfast.jobs.store.tables import job

PATIENCE_MILLISECONDS = 60_000
_RUNNING, _WAITING = Stage.RUNNING.value, Stage.SCHEDULING.value


@dataclass(frozen=True)
class Claim:
    """A running job as its worker knows it. `creator_id` None: the server's own."""

    job_id: str
    namespace: str
    creator_id: int | None
    creator: str | None
    spec: JobSpec
    cpus: int
    memory_mb: int | None
    timeout_seconds: int | None
    worker: str
    place: str
    attempt: int
    failures: int
    losses: int
    cancel_requested: bool


@dataclass(frozen=True)
class Holder:
    """Who claims: a worker, the place where its runner starts things, and until when a claim holds."""

    worker: str
    place: str
    lease_until: int


@dataclass(frozen=True)
class Room:
    """The processors of a place. `free` are those that no running job takes."""

    slots: int
    free: int

    def fits(self, jobs: FromClause) -> ColumnElement[bool]:
        """Whether a job fits. Where nothing runs, everything does: no job needs more than there is."""
        return true() if self.free >= self.slots else jobs.c.cpus <= self.free


def claim_next(connection: Connection, holder: Holder, room: Room, now: int) -> Claim | None:
    """Take the job whose turn it is, if one fits.

    By priority, then namespaces that have the fewest processors at work, then the oldest. A job that needs more
    processors than are free lets smaller ones go first for a minute; then everybody waits until it fits.
    """
    values = {
        "stage": _RUNNING,
        "message": None,
        "worker": holder.worker,
        "place": holder.place,
        "lease_until": holder.lease_until,
        "attempt": job.c.attempt + 1,
        "started_at": now,
        "finished_at": None,
    }
    claimed = (
        update(job).where(job.c.key == _next_key(room, now), job.c.stage == _WAITING).values(values).returning(job)
    )
    row = connection.execute(claimed).first()
    return None if row is None else _claim(row)


def _next_key(room: Room, now: int) -> ScalarSelect[Any]:
    other = job.alias("other")
    at_work = select(other.c.namespace_id, func.sum(other.c.cpus).label("cpus")).where(other.c.stage == _RUNNING)
    load = at_work.group_by(other.c.namespace_id).subquery("load")
    return (
        select(job.c.key)
        .select_from(job.outerjoin(load, load.c.namespace_id == job.c.namespace_id))
        .where(job.c.stage == _WAITING, job.c.run_at <= now, room.fits(job), ~_same_key(job).exists())
        .where(~_kept_waiting(room, now).exists())
        .order_by(job.c.priority.desc(), func.coalesce(load.c.cpus, 0), job.c.run_at, job.c.key)
        .limit(1)
        .scalar_subquery()
    )


def _kept_waiting(room: Room, now: int) -> Select[Any]:
    """Jobs that the smaller ones have passed for long enough."""
    large = job.alias("large")
    long_since = (large.c.stage == _WAITING) & (large.c.run_at <= now - PATIENCE_MILLISECONDS)
    held_up = ~room.fits(large) & (large.c.priority >= job.c.priority)
    return select(large.c.key).where(long_since, held_up, ~_same_key(large).exists())


def _same_key(jobs: FromClause) -> Select[Any]:
    """Running jobs whose concurrency key a job has."""
    same = job.alias()
    in_namespace = same.c.namespace_id == jobs.c.namespace_id
    return select(same.c.key).where(
        same.c.stage == _RUNNING, in_namespace, same.c.concurrency_key == jobs.c.concurrency_key
    )


def cpus_at_work(connection: Connection, place: str) -> int:
    """The processors that running jobs of a place take."""
    query = select(func.coalesce(func.sum(job.c.cpus), 0)).where(job.c.stage == _RUNNING, job.c.place == place)
    return int(connection.execute(query).scalar_one())


def adopt(connection: Connection, holder: Holder, now: int) -> list[Claim]:
    """Take over running jobs of the same place whose worker has let its lease run out."""
    expired = (job.c.stage == _RUNNING) & (job.c.place == holder.place) & (job.c.lease_until <= now)
    return _take_over(connection, holder, expired)


def adopt_lost(connection: Connection, holder: Holder, expired_before: int) -> list[Claim]:
    """Take over running jobs of other places that nobody has renewed for very long: nothing of them lives any more."""
    expired = (job.c.stage == _RUNNING) & (job.c.place != holder.place) & (job.c.lease_until <= expired_before)
    return _take_over(connection, holder, expired)


def renew(connection: Connection, holder: Holder) -> list[Claim]:
    """Renew the lease of everything that a worker holds; returns it, with what was asked of it meanwhile."""
    held = (job.c.stage == _RUNNING) & (job.c.worker == holder.worker)
    renewed = update(job).where(held).values(lease_until=holder.lease_until).returning(job)
    return [_claim(row) for row in connection.execute(renewed)]


def held_by(connection: Connection, worker: str) -> list[Claim]:
    """What a worker holds."""
    rows = connection.execute(select(job).where(job.c.stage == _RUNNING, job.c.worker == worker))
    return [_claim(row) for row in rows]


def release(connection: Connection, worker: str, now: int) -> int:
    """Let the leases of a worker run out at once: another may take over what goes on running. Returns how many do."""
    held = (job.c.stage == _RUNNING) & (job.c.worker == worker)
    return connection.execute(update(job).where(held).values(lease_until=now)).rowcount


def has_work(connection: Connection, now: int) -> bool:
    """Whether a job waits for its turn, and may begin."""
    query = select(job.c.key).where(job.c.stage == _WAITING, job.c.run_at <= now).limit(1)
    return connection.execute(query).first() is not None


def save_progress(connection: Connection, claim: Claim, progress: Progress, now: int) -> None:
    """What the command told last."""
    eta_at = None if progress.eta_seconds is None else now + int(progress.eta_seconds * 1000)
    values = {"progress": progress.fraction, "progress_sentence": progress.sentence, "progress_eta_at": eta_at}
    connection.execute(update(job).where(_mine(claim)).values(values))


def finish(
    connection: Connection, claim: Claim, stage: Stage, *, message: str | None, exit_code: int | None, at: int
) -> bool:
    """End a job for good; False when it is no longer this worker's."""
    values = {
        "stage": stage.value,
        "message": message,
        "exit_code": exit_code,
        "finished_at": at,
        "lease_until": None,
        "progress_eta_at": None,
    }
    return connection.execute(update(job).where(_mine(claim)).values(values)).rowcount > 0


def requeue(
    connection: Connection, claim: Claim, *, message: str, run_at: int, is_loss: bool, exit_code: int | None
) -> bool:
    """Let a job wait for its next attempt; False when it is no longer this worker's."""
    values: dict[str, Any] = {
        "stage": _WAITING,
        "message": message,
        "exit_code": exit_code,
        "run_at": run_at,
        "worker": None,
        "place": None,
        "lease_until": None,
        "failures": claim.failures + (not is_loss),
        "losses": claim.losses + is_loss,
        "progress_eta_at": None,
    }
    return connection.execute(update(job).where(_mine(claim)).values(values)).rowcount > 0


def _take_over(connection: Connection, holder: Holder, which: ColumnElement[bool]) -> list[Claim]:
    values = {"worker": holder.worker, "lease_until": holder.lease_until}
    return [_claim(row) for row in connection.execute(update(job).where(which).values(values).returning(job))]


def _mine(claim: Claim) -> ColumnElement[bool]:
    return (
        (job.c.id == claim.job_id)
        & (job.c.stage == _RUNNING)
        & (job.c.worker == claim.worker)
        & (job.c.attempt == claim.attempt)
    )


def _claim(row: Row[Any]) -> Claim:
    return Claim(
        job_id=row.id,
        namespace=row.namespace,
        creator_id=row.creator_id,
        creator=row.creator,
        spec=read_spec(row.spec),
        cpus=row.cpus,
        memory_mb=row.memory_mb,
        timeout_seconds=row.timeout_seconds,
        worker=row.worker,
        place=row.place,
        attempt=row.attempt,
        failures=row.failures,
        losses=row.losses,
        cancel_requested=row.cancel_requested_at is not None,
    )
