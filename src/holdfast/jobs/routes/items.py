"""Jobs and schedules as the Jobs API writes them."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

from holdfast.base.clock import iso
from holdfast.jobs.domain.jobs import Artefact, Flavor, Job, JobSpec, LogLine, Usage, Volume
from holdfast.jobs.domain.schedules import Schedule
from holdfast.wire.jobs import (
    AcceleratorItem,
    HardwareItem,
    JobArtefactItem,
    JobDurationsItem,
    JobItem,
    JobOwnerItem,
    JobSpecItem,
    LogEvent,
    MetricEvent,
    ScheduledJobItem,
    VolumeItem,
)

HIDDEN = "***"
"""Stands for the value of a secret."""


def job_item(job: Job, now: int) -> JobItem:
    """A job; `now` (milliseconds since 1970) is for the durations of what goes on."""
    return {
        **spec_item(job.spec),
        "id": job.id,
        "createdAt": iso(job.created_at),
        "startedAt": _moment(job.started_at),
        "finishedAt": _moment(job.finished_at),
        "status": {"stage": job.stage.value, "message": job.message},
        "durations": _durations(job, now),
        "owner": _owner(job),
        "initiator": {
            "type": job.spec.initiator,
            "id": job.spec.initiator_id or job.creator or "",
            "name": job.creator,
        },
        "kind": job.spec.kind,
        "attempt": job.attempt,
        "exitCode": job.exit_code,
        "progress": {
            "fraction": job.progress.fraction,
            "sentence": job.progress.sentence,
            "etaSeconds": job.progress.eta_seconds,
        },
    }


def spec_item(spec: JobSpec) -> JobSpecItem:
    """What is to run, without the values of secrets."""
    item: JobSpecItem = {
        "command": list(spec.command),
        "arguments": list(spec.arguments),
        "environment": dict(spec.environment),
        "secrets": dict.fromkeys(sorted(spec.secret_names), HIDDEN),
        "flavor": spec.flavor,
        "timeout": spec.timeout_seconds,
        "labels": dict(spec.labels),
        "retry": spec.max_attempts - 1,
    }
    if spec.volumes:
        item["volumes"] = [_volume_item(volume) for volume in spec.volumes]
    if spec.image is not None:
        item["dockerImage"] = spec.image
    if spec.space is not None:
        item["spaceId"] = spec.space
    return item


def _volume_item(volume: Volume) -> VolumeItem:
    item: VolumeItem = {
        "type": volume.type,
        "source": volume.source,
        "mountPath": volume.mount_path,
        "readOnly": volume.read_only,
    }
    if volume.revision is not None:
        item["revision"] = volume.revision
    if volume.path:
        item["path"] = volume.path
    return item


def schedule_item(schedule: Schedule) -> ScheduledJobItem:
    """A schedule with what it did last and will do next."""
    last_id, last_at = schedule.last_job_id, schedule.last_job_at
    return {
        "id": schedule.id,
        "createdAt": iso(schedule.created_at),
        "schedule": schedule.cron,
        "suspend": schedule.suspended,
        "concurrency": schedule.concurrency,
        "jobSpec": spec_item(schedule.spec),
        "status": {
            "lastJob": {"id": last_id, "at": iso(last_at)} if last_id and last_at is not None else None,
            "nextJobRunAt": _moment(schedule.next_run_at),
        },
        "owner": _owner(schedule),
    }


def log_event(line: LogLine) -> LogEvent:
    """A line of a log."""
    return {"data": line.text, "timestamp": iso(line.at)}


def metric_event(job: Job, usage: Usage) -> MetricEvent:
    """What a job uses now. The client divides by the memory that it may have, so that is never 0."""
    return {
        "cpu_usage_pct": round((usage.cpu_percent or 0.0) / max(1, usage.cpus), 1),
        "cpu_millicores": usage.cpus * 1000,
        "memory_used_bytes": usage.memory_bytes,
        "memory_total_bytes": usage.memory_limit_bytes or max(1, usage.memory_bytes),
        "rx_bps": 0,
        "tx_bps": 0,
        "gpus": {},
        "replica": job.id[-5:],
    }


def artefact_item(job: Job, artefact: Artefact, base_url: str) -> JobArtefactItem:
    """A file that a job left, and where to get it."""
    return {
        "path": artefact.path,
        "size": artefact.size_bytes,
        "modifiedAt": iso(artefact.modified_at),
        "url": f"{base_url}/api/jobs/{job.namespace}/{job.id}/artefacts/{quote(artefact.path)}",
    }


def hardware_item(flavor: Flavor) -> HardwareItem:
    """A choice of hardware; nothing costs anything here."""
    return {
        "name": flavor.name,
        "prettyName": flavor.title,
        "cpu": f"{flavor.cpus} vCPU",
        "ram": f"{flavor.memory_mb / 1024:.3g} GB",
        "ephemeralStorage": "shared",
        "accelerator": _accelerator(flavor.accelerator),
        "unitCostMicroUSD": 0,
        "unitCostUSD": 0.0,
        "unitLabel": "minute",
    }


def _owner(owned: Job | Schedule) -> JobOwnerItem:
    kind: Literal["user", "org"] = "org" if owned.namespace_is_org else "user"
    return {"id": f"{owned.namespace_id:024x}", "name": owned.namespace, "type": kind}


def _accelerator(model: str | None) -> AcceleratorItem | None:
    if model is None:
        return None
    return {"type": "gpu", "model": model, "quantity": "1", "vram": "shared", "manufacturer": model.partition(" ")[0]}


def _durations(job: Job, now: int) -> JobDurationsItem:
    end = now if job.finished_at is None else job.finished_at
    started = job.started_at
    return {
        "schedulingSecs": None if started is None else _seconds(job.created_at, started),
        "runningSecs": None if started is None else _seconds(started, end),
        "totalSecs": _seconds(job.created_at, end),
    }


def _seconds(start: int, end: int) -> int:
    return max(0, end - start) // 1000


def _moment(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else iso(milliseconds)
