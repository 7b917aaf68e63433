"""A whole Hub in a temporary folder, without HTTP: services over the real drivers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from holdfast.accounts.service import AccountServices, open_accounts
from holdfast.backends.blobs.local import LocalBlobStore
from holdfast.backends.database.protocol import Database
from holdfast.base.identity import SYSTEM, Actor, TokenRole
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.objects.blobs import BlobReceiver, BlobSource
from holdfast.hub.objects.domain import ObjectKind
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.domain import AddFile, AddLargeFile, CommitHeader, CommitResult, Operation, Repo
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.service import RepoServices, open_repos
from holdfast.hub.repos.service.access import RepoGate
from tests.factories.databases import open_test_database

MODEL = RepoType.MODEL
START = 1_700_000_000_000


class Clock:
    """A clock that tests turn; every reading moves it on by one millisecond."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        self.now += 1
        return self.now


class NothingScanned:
    """Nobody looks into files."""

    def safety_of(self, repo_key, entries):
        return {}


class NoXetFiles:
    """No object is a Xet file."""

    def find_hash(self, sha256: str) -> str | None:
        return None


@dataclass
class Hub:
    """Services and a few users: alice owns things, bob is a stranger, root administers the site."""

    database: Database
    accounts: AccountServices
    objects: ObjectService
    blobs: LocalBlobStore
    repos: RepoServices
    gate: RepoGate
    clock: Clock
    alice: Actor
    bob: Actor
    root: Actor

    def create(self, name: str = "alice/m", *, private: bool = False, repo_type: RepoType = MODEL) -> Repo:
        owner = self.alice if name.startswith("alice/") else self.bob
        sdk = "static" if repo_type is RepoType.SPACE else None
        return self.repos.lifecycle.create_repo(owner, repo_type, RepoId.parse(name), private=private, space_sdk=sdk)

    def commit(
        self,
        name: str,
        *operations: Operation,
        actor: Actor | None = None,
        revision: str = "main",
        parent: str | None = None,
        create_pr: bool = False,
        repo_type: RepoType = MODEL,
    ) -> CommitResult:
        return self.repos.commits.create_commit(
            actor or self.alice,
            repo_type,
            RepoId.parse(name),
            revision,
            CommitHeader("change", "", parent),
            operations,
            create_pr=create_pr,
        )

    def put(self, name: str, path: str, content: bytes = b"x") -> CommitResult:
        return self.commit(name, AddFile(path, content))

    def store_object(self, repo: Repo, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        with BlobReceiver(self.blobs, sha256, len(content)) as receiver:
            receiver.write(content)
            receiver.finish()
        with self.database.write() as connection:
            self.objects.record(connection, sha256, len(content), ObjectKind.BLOB)
            self.objects.link(connection, repo.key, {sha256})
        return sha256

    def put_large(self, repo: Repo, path: str, content: bytes) -> str:
        sha256 = self.store_object(repo, content)
        self.commit(str(repo.id), AddLargeFile(path, sha256, len(content)))
        return sha256

    def paths(self, name: str, revision: str = "main", actor: Actor | None = None) -> list[str]:
        page = self.repos.reads.list_tree(
            actor or self.alice,
            MODEL,
            RepoId.parse(name),
            revision,
            "",
            recursive=True,
            expand=False,
            cursor=None,
            limit=1000,
        )
        return sorted(item.entry.path for item in page.entries if item.entry.size_bytes is not None)


def open_hub(folder: Path) -> Hub:
    """Build a Hub in `folder`; close its database at the end of the test."""
    clock = Clock()
    database = open_test_database(folder)
    blobs = LocalBlobStore(folder / "objects")
    accounts = open_accounts(database, clock)
    objects = ObjectService(database, {ObjectKind.BLOB: BlobSource(blobs)}, clock)
    gate = RepoGate(database, accounts.accounts)
    pool = RepositoryPool(folder / "repos")
    repos = open_repos(database, accounts.accounts, gate, pool, objects, NoXetFiles(), NothingScanned(), clock)
    actors = {name: _user(accounts, name, admin=name == "root") for name in ("alice", "bob", "root")}
    return Hub(database, accounts, objects, blobs, repos, gate, clock, **actors)


def _user(accounts: AccountServices, name: str, *, admin: bool) -> Actor:
    user = accounts.accounts.create_user(SYSTEM, name, is_site_admin=admin)
    return Actor(user_id=user.id, username=name, is_site_admin=admin)


def with_token(actor: Actor, role: TokenRole) -> Actor:
    """The same user, calling with an access token."""
    return Actor(actor.user_id, actor.username, actor.is_site_admin, role)
