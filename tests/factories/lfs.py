"""git-lfs services on a temporary store, with repos whose readers and writers are plain sets of names."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from holdfast.backends.blobs.local import LocalBlobStore
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import now_milliseconds
from holdfast.base.errors import Forbidden, LoginRequired, RepoNotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.base.signing import Signer
from holdfast.hub.lfs.domain import BatchRequest, ObjectSpec, Operation, TransferRules, XetAction
from holdfast.hub.lfs.service import LfsServices, open_lfs
from holdfast.hub.objects.blobs import BlobSource
from holdfast.hub.objects.domain import ObjectKind
from holdfast.hub.objects.service import ObjectService
from tests.factories.databases import open_test_database

TINY_RULES = TransferRules(max_upload_bytes=8 << 20, multipart_from_bytes=100, part_bytes=40, resumable_part_bytes=40)
ALICE = Actor(1, "alice")
BOB = Actor(2, "bob")
CAROL = Actor(3, "carol")


@dataclass
class Repo:
    key: int
    readers: set[str]
    writers: set[str]
    admins: set[str]


@dataclass
class FakeAccess:
    """A `RepoAccess`: alice owns `alice/a` and `alice/b`, bob may write to `alice/a`; `carol/private` is hers alone."""

    repos: dict[str, Repo] = field(
        default_factory=lambda: {
            "alice/a": Repo(1, {"alice", "bob", "carol"}, {"alice", "bob"}, {"alice"}),
            "alice/b": Repo(2, {"alice", "bob", "carol"}, {"alice"}, {"alice"}),
            "carol/private": Repo(3, {"carol"}, {"carol"}, {"carol"}),
        }
    )

    def require(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, permission: Permission) -> int:
        repo = self.repos.get(str(repo_id))
        if repo is None or repo_type is not RepoType.MODEL or (repo.key == 3 and actor.username != "carol"):
            raise RepoNotFound
        if permission is not Permission.READ_REPO and actor.is_anonymous:
            raise LoginRequired
        allowed = {Permission.WRITE_REPO: repo.writers, Permission.ADMIN_REPO: repo.admins}.get(permission)
        if allowed is not None and actor.username not in allowed:
            raise Forbidden
        return repo.key

    def readable(self, actor: Actor, repo_keys):
        return frozenset(
            repo.key for repo in self.repos.values() if repo.key in repo_keys and actor.username in repo.readers
        )


class FakeXet:
    def upload_action(self, base_url, actor, repo_type, repo_id):
        return XetAction(f"{base_url}/cas/1", {"X-Xet-Cas-Url": f"{base_url}/cas/1"})


@dataclass
class Lfs:
    """Services under test, and what they stand on."""

    database: Database
    blobs: LocalBlobStore
    objects: ObjectService
    services: LfsServices
    now: list[int]

    @property
    def tickets(self):
        return self.services.tickets

    @property
    def transfers(self):
        return self.services.transfers

    @property
    def multipart(self):
        return self.services.multipart

    @property
    def locks(self):
        return self.services.locks

    def batch(self, actor, repo, operation, *specs, transfers=(), xet=False):
        batches = self.services.batches
        service = replace(batches, xet=FakeXet()) if xet else batches
        request = BatchRequest(operation, specs, frozenset(transfers))
        return service.batch(actor, RepoType.MODEL, RepoId.parse(repo), request, "http://hub")

    def ask_upload(self, actor, repo, *specs, **how):
        return self.batch(actor, repo, Operation.UPLOAD, *specs, **how)

    def ask_download(self, actor, repo, *specs):
        return self.batch(actor, repo, Operation.DOWNLOAD, *specs)

    def send(self, ticket, data):
        upload = self.tickets.read_upload(ticket.word)
        with self.transfers.begin(upload) as receiver:
            receiver.write(data)
            self.transfers.finish(upload, receiver)

    def push(self, actor, repo, data):
        spec = spec_of(data)
        self.send(self.ask_upload(actor, repo, spec).objects[0].result, data)
        return spec

    def linked(self, repo_key, spec):
        with self.database.read() as connection:
            return spec.oid in self.objects.linked(connection, repo_key, [spec.oid])


def spec_of(data: bytes) -> ObjectSpec:
    return ObjectSpec(hashlib.sha256(data).hexdigest(), len(data))


@contextmanager
def temporary_lfs(folder: Path, rules: TransferRules | None = None) -> Iterator[Lfs]:
    """Services on a new store in `folder`; `rules` None means tiny parts: 40 bytes, for objects from 100 bytes on."""
    database = open_test_database(folder)
    blobs = LocalBlobStore(folder / "blobs")
    now = [now_milliseconds()]

    def clock():
        return now[0]

    objects = ObjectService(database, {ObjectKind.BLOB: BlobSource(blobs)}, clock)
    signer = Signer(b"secret", clock)
    services = open_lfs(database, blobs, objects, FakeAccess(), signer, rules or TINY_RULES, None, clock)
    yield Lfs(database, blobs, objects, services, now)
    database.close()
