"""Any step that changes the disk may be the last before a crash, or find the disk full: all of a change, or nothing.

The other half of `test_nothing_lost` and `test_full_disk`: without chance, but only Python's own steps are seen. Each
case forks, comes to grief at the nth step, and looks at what is there then.
"""

from __future__ import annotations

import errno
import hashlib
import os
import random
import shutil
import signal
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pygit2
import pytest
from sqlalchemy.engine.default import DefaultDialect

from holdfast.app.fsck import check
from holdfast.app.server import prepare
from holdfast.app.services import Services, open_services
from holdfast.base.errors import HoldfastError, StorageFull
from holdfast.base.identity import SYSTEM, Actor
from holdfast.base.ids import RepoId, RepoType
from holdfast.base.settings import Settings
from holdfast.hub.buckets.domain import Put, Remove
from holdfast.hub.lfs.domain import ObjectSpec
from holdfast.hub.lfs.tickets import Upload
from holdfast.hub.repos.domain import AddFile, AddLargeFile, CommitHeader, DeleteFile
from holdfast.hub.repos.git_storage import refs
from holdfast.hub.repos.service.lifecycle import SettingsChange
from holdfast.hub.repos.store import repos
from holdfast.hub.xet.domain import CasClaim, Scope
from holdfast.hub.xet.service.shards import Progress
from tests.end_to_end.test_nothing_lost import leftovers
from tests.factories.xet import claim_file, cut, index_chunks, write_shard

MODEL = RepoType.MODEL
REPO = RepoId("alice", "m")
BUCKET = RepoId("alice", "b")
LARGE = random.Random(1).randbytes(150_000)
FINISHED, REFUSED = 0, 7
_OS_STEPS = ("fsync", "rename", "replace", "link", "unlink", "rmdir", "mkdir", "pwrite")


@dataclass
class Doomed:
    """Counts steps and dies at the given one."""

    death: int
    count: int = 0

    def step(self) -> None:
        self.count += 1
        if self.count == self.death:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            self.step()
            result = function(*args, **kwargs)
            self.step()
            return result

        return watched

    def watch(self) -> None:
        """Patch this process, which will not live long."""
        for name in _OS_STEPS:
            setattr(os, name, self.around(getattr(os, name)))
        DefaultDialect.do_commit = self.around(DefaultDialect.do_commit)  # type: ignore[method-assign]
        refs._write_ref = self.around(refs._write_ref)
        pygit2.init_repository = self.around(pygit2.init_repository)


@dataclass
class OutOfSpace(Doomed):
    """Finds the disk full at the given step, for a moment. Removing things needs no space."""

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            self.count += function.__name__ not in ("unlink", "rmdir")
            if self.count == self.death:
                self.count += 1
                raise self._complaint(function)
            return function(*args, **kwargs)

        return watched

    def _complaint(self, function: Callable[..., Any]) -> Exception:
        if function.__name__ == "do_commit":
            return sqlite3.OperationalError("database or disk is full")
        if function.__name__ == "_write_ref":
            return StorageFull()
        return OSError(errno.ENOSPC, "No space left on device")


@contextmanager
def opened(data_dir: Path) -> Iterator[tuple[Services, Actor]]:
    services = open_services(Settings(data_dir=data_dir))
    try:
        with services.database.read() as connection:
            namespace = services.accounts.accounts.find_namespace(connection, "alice")
        yield services, Actor(user_id=namespace.id, username="alice")
    finally:
        services.git.close()
        services.xet.close()
        services.close()


Deed = Callable[[Services, Actor], object]


def commit(services: Services, alice: Actor, *operations: Any, create_pr: bool = False) -> object:
    header = CommitHeader("change", "", None)
    return services.repos.commits.create_commit(alice, MODEL, REPO, "main", header, operations, create_pr=create_pr)


def store_lfs(services: Services, content: bytes) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    with services.database.read() as connection:
        repo = repos.find_repo(connection, MODEL, REPO)
    assert repo is not None
    upload = Upload(repo.key, ObjectSpec(sha256, len(content)))
    with services.lfs.transfers.begin(upload) as receiver:
        receiver.write(content)
        services.lfs.transfers.finish(upload, receiver)
    return sha256


def store_xet(services: Services, alice: Actor, content: bytes, holder: int | None = None) -> str:
    """Upload a file to the repo, or to whatever else has that number; returns its SHA-256."""
    data, index = index_chunks(cut(content, 32_768))
    with services.database.read() as connection:
        repo = repos.find_repo(connection, MODEL, REPO)
    assert repo is not None
    with services.xet.uploads.begin(index.hash) as receiver:
        receiver.write(data)
        services.xet.uploads.finish(receiver)
    sha256 = hashlib.sha256(content).hexdigest()
    shard = services.xet.shards.check(write_shard(claim_file((index, 0, len(index)), sha256=sha256), xorbs=(index,)))
    services.xet.shards.register(CasClaim(holder or repo.key, alice.user_id, Scope.WRITE), shard, Progress())
    return sha256


def lfs_and_commit(services: Services, alice: Actor) -> object:
    return commit(services, alice, AddLargeFile("new.bin", store_lfs(services, LARGE), len(LARGE)))


def xet_and_commit(services: Services, alice: Actor) -> object:
    return commit(services, alice, AddLargeFile("new.bin", store_xet(services, alice, LARGE), len(LARGE)))


def fill_bucket(services: Services, alice: Actor, path: str = "new.bin", content: bytes = LARGE) -> object:
    bucket, _ = services.buckets.lifecycle.get_bucket(alice, BUCKET)
    sha256 = store_xet(services, alice, content, bucket.holder)
    xet_hash = services.xet.files.find_hash(sha256)
    assert xet_hash is not None
    return services.buckets.changes.change_files(alice, BUCKET, [Remove("old.bin"), Put(path, xet_hash)])


DEEDS: dict[str, Deed] = {
    "small commit": lambda s, a: commit(s, a, AddFile("x.txt", b"x"), DeleteFile("a.txt")),
    "card": lambda s, a: commit(s, a, AddFile("README.md", b"---\nlicense: mit\ntags: [t]\n---\n")),
    "pack": lambda s, a: commit(s, a, *(AddFile(f"n/{n}", b"%d" % n) for n in range(40))),
    "LFS": lfs_and_commit,
    "Xet": xet_and_commit,
    "bucket": fill_bucket,
    "bucket away": lambda s, a: s.buckets.lifecycle.delete_bucket(a, BUCKET),
    "commit to a pull request": lambda s, a: commit(s, a, AddFile("pr.txt", b"x"), create_pr=True),
    "pull request": lambda s, a: s.repos.pulls.open_pull_request(a, MODEL, REPO, "title", "text"),
    "branch": lambda s, a: s.repos.branches.create_branch(a, MODEL, REPO, "new", None),
    "branch away": lambda s, a: s.repos.branches.delete_branch(a, MODEL, REPO, "old"),
    "tag": lambda s, a: s.repos.branches.create_tag(a, MODEL, REPO, "main", "v1", "message"),
    "tag away": lambda s, a: s.repos.branches.delete_tag(a, MODEL, REPO, "v0"),
    "squash": lambda s, a: s.repos.branches.super_squash(a, MODEL, REPO, "main", None),
    "create": lambda s, a: s.repos.lifecycle.create_repo(a, MODEL, RepoId("alice", "fresh")),
    "duplicate": lambda s, a: s.repos.lifecycle.duplicate_repo(a, MODEL, REPO, RepoId("alice", "copy")),
    "move": lambda s, a: s.repos.lifecycle.move_repo(a, MODEL, REPO, RepoId("alice", "moved")),
    "delete": lambda s, a: s.repos.lifecycle.delete_repo(a, MODEL, REPO),
    "settings": lambda s, a: s.repos.lifecycle.update_settings(a, MODEL, REPO, SettingsChange(private=True)),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "data"
    services = open_services(Settings(data_dir=folder))
    services.accounts.accounts.create_user(SYSTEM, "alice")
    services.git.close()
    services.xet.close()
    services.close()
    with opened(folder) as (services, alice):
        services.repos.lifecycle.create_repo(alice, MODEL, REPO)
        commit(services, alice, AddFile("a.txt", b"a"))
        content = LARGE[:1000]
        commit(services, alice, AddLargeFile("old.bin", store_lfs(services, content), len(content)))
        services.repos.branches.create_branch(alice, MODEL, REPO, "old", None)
        services.buckets.lifecycle.create_bucket(alice, BUCKET)
        fill_bucket(services, alice, "kept.bin", b"kept")
        fill_bucket(services, alice, "old.bin", b"old")
        services.repos.branches.create_tag(alice, MODEL, REPO, "main", "v0", "message")
    return folder


@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.heavy)])
@pytest.mark.parametrize("name", DEEDS)
def test_it_is_done_or_it_is_not(name: str, every: int, template: Path, tmp_path: Path):
    before = look(copy(template, tmp_path / "before"))
    steps = count_steps(DEEDS[name], copy(template, tmp_path / "after"))
    after = look(tmp_path / "after")
    assert before != after
    deaths = sorted({*range(1, steps + 1, every), steps})
    seen = set()
    for death in deaths:
        folder = copy(template, tmp_path / "data")
        # Commits differ in their time, hence in the folders that their objects need: a step more or less.
        is_finished = die(DEEDS[name], folder, death) == FINISHED
        found = look(folder)
        assert found == after or not is_finished
        assert found in (before, after), f"death {death} of {steps} left something else:\n{found}\n{before}\n{after}"
        assert leftovers(folder) == []
        assert troubles(folder) == []
        seen.add("before" if found == before else "after")
        if found == before:  # and it can be done now
            assert die(DEEDS[name], folder, 0) == FINISHED
            assert look(folder) == after
        shutil.rmtree(folder)
    assert seen == {"before", "after"}


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.heavy)])
@pytest.mark.parametrize("name", DEEDS)
def test_a_full_disk_is_told_and_leaves_nothing(name: str, every: int, template: Path, tmp_path: Path):
    before = look(copy(template, tmp_path / "before"))
    steps = count_steps(DEEDS[name], copy(template, tmp_path / "after"), OutOfSpace)
    after = look(tmp_path / "after")
    for number in range(1, steps + 1, every):
        folder = copy(template, tmp_path / "data")
        status = die(DEEDS[name], folder, number, OutOfSpace)
        assert status in (FINISHED, REFUSED), f"step {number} of {steps}"
        assert leftovers(folder) == []
        assert look(folder) == (after if status == FINISHED else before), f"step {number} of {steps}"
        assert troubles(folder) == []
        shutil.rmtree(folder)


def copy(template: Path, folder: Path) -> Path:
    shutil.copytree(template, folder)
    return folder


def die(deed: Deed, folder: Path, death: int, kind: type[Doomed] = Doomed) -> int:
    """Run the deed in a child that comes to grief at that step; 0 means never. Returns how the child ended."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with opened(folder) as (services, alice):
                prepare(services)
                kind(death).watch()
                try:
                    deed(services, alice)
                    status = FINISHED
                except StorageFull:
                    status = REFUSED
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def count_steps(deed: Deed, folder: Path, kind: type[Doomed] = Doomed) -> int:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with opened(folder) as (services, alice):
                doomed = kind(0)
                doomed.watch()
                deed(services, alice)
                os.write(writer, b"%d" % doomed.count)
        except BaseException:
            traceback.print_exc()
            raise
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    text = os.read(reader, 100)
    os.close(reader)
    return int(text)


def look(folder: Path) -> dict[str, Any]:
    """Everything that the next start shows, without ids and times."""
    with opened(folder) as (services, alice):
        prepare(services)
        with services.database.read() as connection:
            found = [repos.get_repo(connection, key) for key in repos.all_keys(connection)]
        return {str(repo.id): describe(services, alice, repo) for repo in found if repo} | buckets(services, alice)


def buckets(services: Services, alice: Actor) -> dict[str, Any]:
    """What the buckets hold, every byte of it."""
    page = services.buckets.lifecycle.list_buckets(alice, "alice", search="", cursor=None, limit=100)
    return {f"bucket {bucket.id}": contents(services, alice, bucket.id) for bucket, _ in page.buckets}


def contents(services: Services, alice: Actor, bucket_id: RepoId) -> dict[str, str]:
    read = services.buckets.files
    page = read.list_tree(alice, bucket_id, "", recursive=True, cursor=None, limit=100)
    found = {}
    for entry in page.entries:
        bucket, file = read.locate(alice, bucket_id, entry.path)
        reader = read.open(bucket, file)
        found[entry.path] = hashlib.sha256(b"".join(reader.read(0, reader.size_bytes))).hexdigest()
        assert found[entry.path] == file.sha256
    return found


def describe(services: Services, alice: Actor, repo: Any) -> dict[str, Any]:
    reads, infos = services.repos.reads, services.repos.infos
    listed = {ref.full_name: ref.target for ref in reads.list_refs(alice, MODEL, repo.id)}
    with services.database.read() as connection:
        assert repos.list_refs(connection, repo.key) == listed, "the index says something else than git"
    info = infos.repo_info(alice, MODEL, repo.id, None, parts=("siblings",))
    assert info.commit_oid == listed["refs/heads/main"]
    return {
        "private": repo.private,
        "tags": sorted(info.facts["tags"]),
        "refs": {name: history(services, alice, repo, name) for name in listed},
        "files": {name: files(services, alice, repo, name) for name in listed},
        "pulls": sorted(
            name for name in listed if name.startswith("refs/pr/") and may_commit(services, alice, repo, name)
        ),
    }


def may_commit(services: Services, alice: Actor, repo: Any, ref: str) -> bool:
    with services.database.read() as connection:
        services.repos.pulls.check_may_write(connection, alice, repo, ref)
    return True


def history(services: Services, alice: Actor, repo: Any, ref: str) -> list[str]:
    page = services.repos.history.list_commits(alice, MODEL, repo.id, ref, "", cursor=None, limit=100)
    return [commit.summary for commit in page.commits]


def files(services: Services, alice: Actor, repo: Any, ref: str) -> dict[str, str]:
    page = services.repos.reads.list_tree(
        alice, MODEL, repo.id, ref, "", recursive=True, expand=False, cursor=None, limit=1000
    )
    paths = [item.entry.path for item in page.entries if item.entry.size_bytes is not None]
    return {path: content_hash(services, alice, repo, ref, path) for path in paths}


def content_hash(services: Services, alice: Actor, repo: Any, ref: str, path: str) -> str:
    located = services.repos.resolves.locate(alice, MODEL, repo.id, ref, path)
    if located.entry.sha256 is None:
        return hashlib.sha256(services.repos.resolves.read_regular(located)).hexdigest()
    reader = services.objects.open(located.entry.sha256)
    try:
        return hashlib.sha256(b"".join(reader.read(0, reader.size_bytes))).hexdigest()
    finally:
        reader.close()


def troubles(folder: Path) -> list[str]:
    with opened(folder) as (services, _):
        try:
            return [f"{one.subject}: {one.explanation}" for one in check(services) if not one.is_harmless]
        except HoldfastError as error:
            return [error.message]
