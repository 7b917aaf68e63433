"""Buckets over a real Xet store: alice owns things, bob is a stranger, the organization lab has members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from holdfast.accounts.domain import OrgRole
from holdfast.accounts.service import AccountServices, open_accounts
from holdfast.base.errors import RepoNotFound
from holdfast.base.identity import SYSTEM, Actor
from holdfast.base.ids import RepoId
from holdfast.hub.buckets.domain import BatchOutcome, Bucket, Operation, Put
from holdfast.hub.buckets.service import BucketServices, open_buckets
from holdfast.hub.xet.domain import CasClaim, Scope
from holdfast.hub.xet.formats.hashes import hash_to_text
from tests.factories.xet import XetStore, open_store


@dataclass
class ReadableRepos:
    """A `RepoAccess` of the repos that everybody may read, by id."""

    keys: dict[str, int] = field(default_factory=dict)

    def require(self, actor, repo_type, repo_id, permission) -> int:
        if str(repo_id) not in self.keys:
            raise RepoNotFound
        return self.keys[str(repo_id)]

    def readable(self, actor, repo_keys) -> frozenset[int]:
        return frozenset(repo_keys) & frozenset(self.keys.values())


@dataclass
class BucketHub:
    """Services, people, and shortcuts for what a client does in several requests."""

    store: XetStore
    accounts: AccountServices
    services: BucketServices
    repos: ReadableRepos
    people: Mapping[str, Actor]

    def actor(self, name: str) -> Actor:
        return self.people[name]

    def create(self, name: str = "alice/b", *, private: bool | None = None) -> Bucket:
        owner = self.actor(name.partition("/")[0] if name.startswith(("alice/", "bob/")) else "alice")
        return self.services.lifecycle.create_bucket(owner, RepoId.parse(name), private=private)

    def upload(self, content: bytes, holder: int) -> str:
        """Send a file as a client does that gives no SHA-256; returns its Xet hash."""
        return hash_to_text(self.store.store_file(content, CasClaim(holder, 1, Scope.WRITE)).hash)

    def change(self, name: str, *operations: Operation, by: str = "alice") -> BatchOutcome:
        return self.services.changes.change_files(self.actor(by), RepoId.parse(name), operations)

    def put(self, bucket: Bucket, path: str, content: bytes = b"content") -> str:
        """Upload a file and give it a path; returns its Xet hash."""
        xet_hash = self.upload(content, bucket.holder)
        owner = bucket.id.namespace if bucket.id.namespace in self.people else "alice"
        outcome = self.change(str(bucket.id), Put(path, xet_hash), by=owner)
        assert not outcome.refused
        return xet_hash

    def tree(self, name: str, prefix: str = "", *, recursive: bool = True, limit: int = 100, by: str = "alice"):
        """Every path of a listing, all pages of it; folders end with a slash."""
        paths: list[str] = []
        cursor: str | None = None
        while True:
            page = self.services.files.list_tree(
                self.actor(by), RepoId.parse(name), prefix, recursive=recursive, cursor=cursor, limit=limit
            )
            assert len(page.entries) <= limit
            paths += [entry.path + "/" * (not hasattr(entry, "xet_hash")) for entry in page.entries]
            if page.next_cursor is None:
                return paths
            cursor = page.next_cursor

    def read(self, name: str, path: str, by: str = "alice") -> bytes:
        bucket, file = self.services.files.locate(self.actor(by), RepoId.parse(name), path)
        reader = self.services.files.open(bucket, file)
        return b"".join(reader.read(0, reader.size_bytes))


def open_bucket_hub(folder: Path) -> BucketHub:
    """Build it in `folder`; close its store at the end of the test."""
    store = open_store(folder)
    accounts = open_accounts(store.database, lambda: store.now[0])
    people = {}
    for name in ("alice", "bob", "carol", "dave", "root"):
        user = accounts.accounts.create_user(SYSTEM, name, is_site_admin=name == "root")
        people[name] = Actor(user.id, name, user.is_site_admin)
    accounts.accounts.create_organization(people["alice"], "lab")
    accounts.accounts.set_member(people["alice"], "lab", "carol", OrgRole.READ)
    accounts.accounts.set_member(people["alice"], "lab", "dave", OrgRole.CONTRIBUTOR)
    repos = ReadableRepos()
    services = open_buckets(
        store.database, accounts.accounts, repos, store.objects, store.xet.files, store.xet.tokens, lambda: store.now[0]
    )
    return BucketHub(store, accounts, services, repos, people)
