"""Specs as JSON, and rows as domain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import orjson
from sqlalchemy import Row

from holdfast.jobs.domain.jobs import Job, JobSpec, Progress, Stage, Volume
from holdfast.jobs.domain.schedules import Schedule


def write_spec(spec: JobSpec) -> str:
    """The JSON of a spec; of its secrets, the names."""
    names = tuple(sorted(spec.secrets)) or spec.secret_names
    return orjson.dumps(asdict(replace(spec, secrets={}, secret_names=names))).decode()


def read_spec(text: str) -> JobSpec:
    """What `write_spec` wrote."""
    values: dict[str, Any] = orjson.loads(text)
    for name in ("command", "arguments", "secret_names"):
        values[name] = tuple(values[name])
    values["volumes"] = tuple(Volume(**volume) for volume in values.get("volumes", ()))  # older rows have none
    return JobSpec(**values)


def read_job(row: Row[Any], labels: Mapping[str, str], now: int) -> Job:
    """A row of `job`."""
    spec = replace(
        read_spec(row.spec),
        labels=dict(labels),
        cpus=row.cpus,
        memory_mb=row.memory_mb,
        timeout_seconds=row.timeout_seconds,
    )
    eta_seconds = None if row.progress_eta_at is None else max(0, row.progress_eta_at - now) / 1000
    return Job(
        id=row.id,
        namespace_id=row.namespace_id,
        namespace=row.namespace,
        namespace_is_org=row.namespace_is_org,
        creator=row.creator,
        spec=spec,
        stage=Stage(row.stage),
        message=row.message,
        attempt=row.attempt,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        progress=Progress(row.progress, row.progress_sentence, eta_seconds),
        exit_code=row.exit_code,
        cancel_requested=row.cancel_requested_at is not None,
    )


def read_schedule(row: Row[Any]) -> Schedule:
    """A row of `job_schedule`."""
    return Schedule(
        id=row.id,
        namespace_id=row.namespace_id,
        namespace=row.namespace,
        namespace_is_org=row.namespace_is_org,
        creator=row.creator,
        cron=row.cron,
        spec=read_spec(row.spec),
        suspended=row.suspended,
        concurrency=row.concurrency,
        last_job_id=row.last_job_id,
        last_job_at=row.last_job_at,
        next_run_at=row.next_run_at,
        created_at=row.created_at,
    )
