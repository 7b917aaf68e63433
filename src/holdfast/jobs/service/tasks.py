"""What the runner is told to execute: the command of a job with everything that it needs to know about its world."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from holdfast.backends.runners.protocol import Companion, Mount, Task
from holdfast.base.clock import iso
from holdfast.jobs.domain.hardware import is_own_python, is_uv
from holdfast.jobs.domain.jobs import USER_KIND, JobSpec, Volume
from holdfast.jobs.store.claims import Claim

_MEBIBYTE = 1024 * 1024


COMPANION = "holdfast.jobs.mounting"
"""The module that fills and keeps volumes."""


def task_of(claim: Claim, *, secrets: Mapping[str, str], access_token: str | None, endpoint: str, now: int) -> Task:
    """The task of an attempt.

    Args:
        claim: the attempt.
        secrets: the job's own; they win over ours.
        access_token: with which the command acts here; None for none.
        endpoint: the address of this server.
        now: the time, for the log.
    """
    spec = claim.spec
    world = {
        "HF_ENDPOINT": endpoint,
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "JOB_ID": claim.job_id,
        "JOB_NAMESPACE": claim.namespace,
        "CPU_CORES": str(claim.cpus),
        "MEMORY": f"{claim.memory_mb}Mi" if claim.memory_mb else "",
    }
    return Task(
        command=(*spec.command, *spec.arguments),
        environment={**world, **spec.environment},
        secrets={**({"HF_TOKEN": access_token} if access_token else {}), **secrets},
        files=spec.files,
        confined=spec.kind == USER_KIND,
        network=spec.network,
        cpus=claim.cpus,
        memory_bytes=None if claim.memory_mb is None else claim.memory_mb * _MEBIBYTE,
        timeout_seconds=claim.timeout_seconds,
        first_lines=(_first_line(claim, now),),
        mounts=[Mount(volume.mount_path, _name(number), volume.read_only) for number, volume in _numbered(spec)],
        companion=_companion(spec, access_token, endpoint) if spec.volumes else None,
    )


def _companion(spec: JobSpec, access_token: str | None, endpoint: str) -> Companion:
    volumes = [{**asdict(volume), "name": _name(number)} for number, volume in _numbered(spec)]
    environment = {"HF_ENDPOINT": endpoint, "HF_HUB_DISABLE_TELEMETRY": "1", "HOLDFAST_VOLUMES": json.dumps(volumes)}
    return Companion(COMPANION, environment, {"HF_TOKEN": access_token} if access_token else {})


def _numbered(spec: JobSpec) -> Iterable[tuple[int, Volume]]:
    return enumerate(spec.volumes)


def _name(number: int) -> str:
    return f"volume-{number}"


def _first_line(claim: Claim, now: int) -> str:
    # Source: huggingface_hub 2.4 leaves lines with this beginning out of what it prints.
    words = f"===== Job started at {iso(now)}"
    if claim.attempt > 1:
        words += f", attempt {claim.attempt}"
    image = claim.spec.image
    if image is not None and (is_own_python(image) or is_uv(image)):
        words += f"; the image {image} means this server's own Python {platform.python_version()}"
    return f"{words} ====="
