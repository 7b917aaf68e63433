"""Chooses where jobs run, and tells them where the server is."""

from __future__ import annotations

import os
from importlib.util import find_spec

from holdfast.accounts.service import AccountServices
from holdfast.backends.database.protocol import Database
from holdfast.backends.runners.factory import has_local_program, open_local_runner
from holdfast.backends.sandboxes.factory import open_sandbox
from holdfast.backends.sandboxes.protocol import Sandbox
from holdfast.base.clock import now_milliseconds
from holdfast.base.sealing import Sealer
from holdfast.base.settings import Settings
from holdfast.hub.buckets.service.access import BucketGate
from holdfast.hub.objects.domain import RepoAccess
from holdfast.jobs.service import DispatchRules, JobServices, Machine, open_jobs
from holdfast.jobs.service.volumes import VolumeGate

GRACE_SECONDS = 10.0
_MEBIBYTE = 1024 * 1024


def open_job_services(
    settings: Settings,
    database: Database,
    accounts: AccountServices,
    repos: RepoAccess,
    buckets: BucketGate,
    secret: bytes,
    memory_bytes: int,
) -> JobServices:
    """Jobs that run on this machine.

    Raises:
        InvalidInput: HOLDFAST_JOBS_SANDBOX names no sandbox.
    """
    sandbox = open_sandbox(settings.jobs_sandbox)
    runner = open_local_runner(
        settings.data_dir / "jobs",
        sandbox,
        max_log_bytes=settings.jobs_max_log_bytes,
        orphan_seconds=settings.jobs_orphan_seconds,
        grace_seconds=GRACE_SECONDS,
    )
    cpus = os.cpu_count() or 1
    slots = cpus if settings.jobs_slots is None else settings.jobs_slots
    return open_jobs(
        database,
        accounts,
        runner,
        Sealer(secret, "job secrets"),
        now_milliseconds,
        Machine(max(1, slots), memory_bytes // _MEBIBYTE),
        DispatchRules(slots, settings.jobs_lease_seconds, settings.jobs_orphan_seconds),
        VolumeGate(repos, buckets, lambda: _volume_problem(sandbox)),
        sandbox_problem=sandbox.problem,
        has_program=has_local_program,
        endpoint=lambda: local_endpoint(settings),
    )


def _volume_problem(sandbox: Sandbox) -> str | None:
    if not sandbox.can_mount:
        return "need a sandbox that can mount folders: set HOLDFAST_JOBS_SANDBOX=bubblewrap"
    if find_spec("huggingface_hub") is None or find_spec("hf_xet") is None:
        return "need the Hub's client on this server: pip install 'holdfast[jobs]'"
    return None


def local_endpoint(settings: Settings) -> str:
    """The address of the server for commands that run beside it."""
    host = settings.host if settings.host not in ("0.0.0.0", "::", "") else "127.0.0.1"  # noqa: S104 - compared
    word = f"[{host}]" if ":" in host else host
    return settings.external_url or f"http://{word}:{settings.port}{settings.path_prefix}"
