"""Puts the demo's repos into an instance; what is there already stays as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from holdfast.app.demo.sources import DemoRepo
from holdfast.app.services import Services
from holdfast.base.errors import RepoExists
from holdfast.base.identity import SYSTEM, Actor, Permission
from holdfast.base.ids import RepoId
from holdfast.hub.objects.blobs import BlobReceiver
from holdfast.hub.objects.domain import ObjectKind
from holdfast.hub.repos.domain import AddFile, AddLargeFile, CommitHeader, Operation
from holdfast.hub.repos.metadata.upload_mode import UploadMode
from holdfast.hub.repos.service.preupload import Candidate

ORGANIZATION = "holdfast-demo"

_BATCH_BYTES = 4 * 1024 * 1024
_SAMPLE_BYTES = 512


def open_organization(services: Services) -> Actor:
    """Make the organization that owns the demo, if need be, and return an administrator who may fill it.

    An instance without users gets its first administrator; `holdfast serve` shows how to log in.
    """
    if not services.accounts.accounts.list_users(SYSTEM):  # else it might replace secrets that were shown already
        services.accounts.first_admin.ensure()
    users = services.accounts.accounts.list_users(SYSTEM)
    admin = next((user for user in users if user.is_site_admin and user.disabled_at is None), users[0])
    with services.database.read() as connection:
        is_new = services.accounts.accounts.find_namespace(connection, ORGANIZATION) is None
    if is_new:
        services.accounts.accounts.create_organization(SYSTEM, ORGANIZATION, fullname="Holdfast Demo", owner=admin.name)
    return Actor(admin.id, admin.name, is_site_admin=True)


def fill(services: Services, actor: Actor, demo: DemoRepo) -> bool:
    """Create one repo and commit its files; answers whether there was anything to do.

    Raises:
        StorageFull: no room; run it again when there is.
    """
    repo_id = RepoId(ORGANIZATION, demo.name)
    try:
        services.repos.lifecycle.create_repo(actor, demo.type, repo_id, private=False)
    except RepoExists:
        if _is_filled(services, actor, demo, repo_id):
            return False
    operations = list(_operations(services, actor, demo, repo_id))
    header = CommitHeader(f"Add {demo.name}", "From `holdfast demo`.", None)
    services.repos.commits.create_commit(actor, demo.type, repo_id, "main", header, operations)
    return True


def _is_filled(services: Services, actor: Actor, demo: DemoRepo, repo_id: RepoId) -> bool:
    # One commit brings all files, so one of them tells of all.
    candidate = Candidate("README.md", 0, b"")
    decisions = services.repos.preuploads.preupload(
        actor, demo.type, repo_id, "main", [candidate], gitignore="", create_pr=False
    )
    return decisions[0].current_oid is not None


def _operations(services: Services, actor: Actor, demo: DemoRepo, repo_id: RepoId) -> Iterator[Operation]:
    candidates = [_candidate(path, file) for path, file in demo.files.items()]
    decisions = services.repos.preuploads.preupload(
        actor, demo.type, repo_id, "main", candidates, gitignore="", create_pr=False
    )
    for decision in decisions:
        file = demo.files[decision.path]
        if decision.mode is UploadMode.REGULAR:
            yield AddFile(decision.path, file.read_bytes())
        else:
            yield AddLargeFile(decision.path, _store(services, actor, demo, repo_id, file), file.stat().st_size)


def _candidate(path: str, file: Path) -> Candidate:
    with file.open("rb") as opened:
        return Candidate(path, file.stat().st_size, opened.read(_SAMPLE_BYTES))


def _store(services: Services, actor: Actor, demo: DemoRepo, repo_id: RepoId, file: Path) -> str:
    """Upload a large file and link it to the repo; returns its SHA-256."""
    with file.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        opened.seek(0)
        with BlobReceiver(services.blobs, sha256, file.stat().st_size) as receiver:
            while batch := opened.read(_BATCH_BYTES):
                receiver.write(batch)
            receiver.finish()
    repo_key = services.gate.require(actor, demo.type, repo_id, Permission.WRITE_REPO)
    with services.database.write() as connection:
        services.objects.record(connection, sha256, file.stat().st_size, ObjectKind.BLOB)
        services.objects.link(connection, repo_key, [sha256])
    return sha256
