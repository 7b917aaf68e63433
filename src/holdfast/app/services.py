"""Builds every driver and service of one process. No singletons: two of these can live side by side."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from holdfast.accounts.domain import SiteSettings
from holdfast.accounts.service import AccountServices, open_accounts
from holdfast.app.counting import NamespaceCounter
from holdfast.app.data_dir import SECRET_FILE
from holdfast.app.machine import memory_bytes
from holdfast.app.working import open_job_services
from holdfast.app.xet_gate import LfsXetGate
from holdfast.backends.blobs.factory import open_blob_store
from holdfast.backends.blobs.protocol import BlobStore
from holdfast.backends.database.factory import open_database
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import now_milliseconds
from holdfast.base.settings import Settings
from holdfast.base.signing import Signer
from holdfast.hub.buckets.service import BucketServices, open_buckets
from holdfast.hub.community import store as community_store
from holdfast.hub.community.service import CommunityServices, open_community
from holdfast.hub.git.service import GitService, open_git
from holdfast.hub.lfs.domain import TransferRules
from holdfast.hub.lfs.service import LfsServices, open_lfs
from holdfast.hub.objects.blobs import BlobSource
from holdfast.hub.objects.domain import ObjectKind, ObjectSource
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.service import RepoServices, open_repos
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.files import FileSources
from holdfast.hub.repos.service.uploading import UploadService
from holdfast.hub.xet.domain import XetLimits
from holdfast.hub.xet.service import XetServices, open_xet
from holdfast.inference.domain.deployments import Limits
from holdfast.inference.service import InferenceChoices, InferenceServices, open_inference
from holdfast.jobs.service import JobServices
from holdfast.scanning.service import ScanService
from holdfast.training.service import TrainingService


@dataclass(frozen=True)
class Foundation:
    """What everything else stands on."""

    settings: Settings
    database: Database
    blobs: BlobStore
    signer: Signer
    accounts: AccountServices
    objects: ObjectService
    gate: RepoGate


@dataclass(frozen=True)
class Services(Foundation):
    """Everything that routes, pages and commands call."""

    repos: RepoServices
    xet: XetServices
    lfs: LfsServices
    buckets: BucketServices
    community: CommunityServices
    git: GitService
    scans: ScanService
    inference: InferenceServices
    jobs: JobServices
    training: TrainingService

    def close(self) -> None:
        """Write what is kept in memory and give everything back."""
        self.git.close()
        self.repos.downloads.flush()
        self.accounts.authentication.flush_last_used()
        self.xet.close()
        self.database.close()


def open_services(settings: Settings) -> Services:
    """Open the data directory, bring its tables up to date and build all services.

    Raises:
        StorageFull: no room for the tables.
    """
    here = memory_bytes()
    sources: dict[ObjectKind, ObjectSource] = {}
    ground = _open_foundation(settings, sources)
    database, objects, gate, accounts = ground.database, ground.objects, ground.gate, ground.accounts.accounts
    xet, lfs = _open_large_files(ground)
    sources[ObjectKind.XET] = xet.source
    pool = RepositoryPool(settings.data_dir / "repos")
    scans = ScanService(database, FileSources(pool, objects), now_milliseconds)
    forget = (lfs.locks.forget_repo, community_store.delete_events)
    repos = open_repos(database, accounts, gate, pool, objects, xet.files, scans, now_milliseconds, forget, here)
    buckets = open_buckets(database, accounts, gate, objects, xet.files, xet.tokens, now_milliseconds)
    jobs = open_job_services(settings, database, ground.accounts, gate, buckets.gate, ground.signer.secret, here)
    uploads = UploadService(gate, repos.preuploads, repos.commits, lfs.transfers)
    return Services(
        **vars(ground),
        repos=repos,
        xet=xet,
        lfs=lfs,
        buckets=buckets,
        community=open_community(database, accounts, gate, repos, now_milliseconds),
        git=open_git(database, gate, repos, objects, settings.data_dir / "git-hooks"),
        scans=scans,
        inference=open_inference(repos, objects, settings.data_dir / "inference", _inference_choices(settings, here)),
        jobs=jobs,
        training=TrainingService(jobs, repos.lifecycle, uploads),
    )


def _open_foundation(settings: Settings, sources: dict[ObjectKind, ObjectSource]) -> Foundation:
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = open_database(settings.database_url, settings.data_dir)
    database.migrate()
    blobs = open_blob_store(settings.data_dir / "objects")
    sources[ObjectKind.BLOB] = BlobSource(blobs)
    site = SiteSettings(open_signup=settings.open_signup)
    accounts = open_accounts(database, now_milliseconds, NamespaceCounter(), site)
    return Foundation(
        settings,
        database,
        blobs,
        Signer(_secret_key(settings.data_dir)),
        accounts,
        ObjectService(database, sources, now_milliseconds),
        RepoGate(database, accounts.accounts),
    )


def _open_large_files(ground: Foundation) -> tuple[XetServices, LfsServices]:
    database, blobs, objects, signer, gate = ground.database, ground.blobs, ground.objects, ground.signer, ground.gate
    max_bytes = ground.settings.max_upload_bytes
    limits = XetLimits(max_file_bytes=max_bytes)
    xet = open_xet(database, blobs, objects, signer, gate, now_milliseconds, limits)
    rules = TransferRules(max_upload_bytes=max_bytes)
    lfs = open_lfs(database, blobs, objects, gate, signer, rules, LfsXetGate(xet.tokens), now_milliseconds)
    return xet, lfs


def _inference_choices(settings: Settings, machine_bytes: int) -> InferenceChoices:
    limits = Limits(
        memory_bytes=settings.inference_memory_bytes or machine_bytes // 2,
        model_memory_bytes=settings.inference_model_memory_bytes or None,
        waiting=settings.inference_waiting,
        idle_seconds=settings.inference_idle_seconds,
        wait_seconds=settings.inference_wait_seconds,
        load_seconds=settings.inference_load_seconds,
        answer_seconds=settings.inference_answer_seconds,
    )
    return InferenceChoices(
        limits,
        device=settings.inference_device,
        dtype=settings.inference_dtype,
        attached=settings.inference_attached,
        attached_token=settings.inference_attached_token,
        pinned=settings.inference_pinned,
    )


def _secret_key(data_dir: Path) -> bytes:
    path = data_dir / SECRET_FILE
    if not path.exists():
        temporary = data_dir / f"{SECRET_FILE}.{secrets.token_hex(8)}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)  # fails if another process was first: then its key counts
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    return path.read_bytes()
