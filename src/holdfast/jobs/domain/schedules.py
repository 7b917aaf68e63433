"""A schedule: the same job again and again."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.jobs.domain.jobs import JobSpec


@dataclass(frozen=True)
class Schedule:
    """One schedule.

    Args:
        id: 24 hexadecimal digits.
        cron: five fields, or a word such as `@daily`; in UTC.
        suspended: makes no jobs until it is resumed.
        concurrency: a job may begin while the one before still runs.
        last_job_id: None before the first.
        last_job_at: when that was made.
        next_run_at: None while it is suspended.
    """

    id: str
    namespace_id: int
    namespace: str
    namespace_is_org: bool
    creator: str | None
    cron: str
    spec: JobSpec
    suspended: bool
    concurrency: bool
    last_job_id: str | None
    last_job_at: int | None
    next_run_at: int | None
    created_at: int


@dataclass(frozen=True)
class SchedulePage:
    """Schedules, newest first; `next_cursor` None on the last page."""

    schedules: list[Schedule]
    next_cursor: str | None
