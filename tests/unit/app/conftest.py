"""All services on a data directory of its own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pytest

from holdfast.app.services import Services, open_services
from holdfast.base.identity import SYSTEM, Actor
from holdfast.base.ids import RepoId, RepoType
from holdfast.base.settings import Settings
from holdfast.hub.objects.blobs import BlobReceiver
from holdfast.hub.objects.domain import ObjectKind
from holdfast.hub.repos.domain import AddFile, AddLargeFile, CommitHeader, DeleteFile, Repo
from tests.factories.databases import migrated_sqlite


@dataclass
class Instance:
    """An instance with the user alice, and short ways to fill it."""

    services: Services
    alice: Actor

    def create_repo(self, name: str = "bert", repo_type: RepoType = RepoType.MODEL, **options) -> Repo:
        return self.services.repos.lifecycle.create_repo(self.alice, repo_type, RepoId("alice", name), **options)

    def commit(self, repo: Repo, *operations, **options):
        header = CommitHeader("change", "", None)
        commits = self.services.repos.commits
        return commits.create_commit(self.alice, repo.type, repo.id, "main", header, operations, **options)

    def store(self, repo: Repo, content: bytes) -> str:
        """Upload a large file as git-lfs does; returns its SHA-256."""
        sha256 = hashlib.sha256(content).hexdigest()
        with BlobReceiver(self.services.blobs, sha256, len(content)) as receiver:
            receiver.write(content)
            receiver.finish()
        with self.services.database.write() as connection:
            self.services.objects.record(connection, sha256, len(content), ObjectKind.BLOB)
            self.services.objects.link(connection, repo.key, [sha256])
        return sha256

    def add_large(self, repo: Repo, path: str, content: bytes) -> str:
        sha256 = self.store(repo, content)
        self.commit(repo, AddLargeFile(path, sha256, len(content)))
        return sha256

    def add(self, repo: Repo, path: str, content: bytes):
        return self.commit(repo, AddFile(path, content))

    def delete(self, repo: Repo, path: str):
        return self.commit(repo, DeleteFile(path))

    def read(self, sha256: str) -> bytes:
        reader = self.services.objects.open(sha256)
        try:
            return b"".join(bytes(piece) for piece in reader.read(0, reader.size_bytes))
        finally:
            reader.close()


def open_instance(data_dir) -> Instance:
    if not data_dir.exists():
        data_dir.mkdir(mode=0o700)
        (data_dir / "holdfast.sqlite").write_bytes(migrated_sqlite())
    services = open_services(Settings(data_dir))
    users = services.accounts.accounts
    names = {user.name: user for user in users.list_users(SYSTEM)}
    alice = names.get("alice") or users.create_user(SYSTEM, "alice")
    return Instance(services, Actor(alice.id, "alice"))


@pytest.fixture
def data_dir(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def instance(data_dir):
    opened = open_instance(data_dir)
    yield opened
    opened.services.close()
