"""Where the bare repos lie, and open handles on them.

Layout below `root`: `<last byte of key in hex>/<key>.git`, so that keys counted up spread evenly; `tmp/` for repos
being made, `trash/` for repos being removed, on the same file system: a repo appears and disappears by one rename.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import pygit2

from holdfast.base.errors import Conflict, RepoNotFound
from holdfast.hub.repos.git_storage.libgit2 import configure_libgit2, disk_full_as_storage_full
from holdfast.hub.repos.git_storage.locks import FileLocks, HeldLock, open_lock_file
from holdfast.hub.repos.git_storage.loose_objects import sync_folder

COPIED_REFS = ("refs/heads/", "refs/tags/", "refs/convert/")
"""What a duplicated repo takes along: pull requests stay with the original."""

_CONFIG = {
    "gc.auto": 0,  # maintenance.py decides when, never git in the middle of a push
    "core.logallrefupdates": False,
}


@dataclass
class _Handle:
    repository: pygit2.Repository
    packs_changed_ns: int


class RepositoryPool:
    """Bare repos by immutable integer key.

    Args:
        root: folder of all repos; made if absent.
        max_idle_handles: open repos kept for the next caller, over all keys.
        lock_timeout_seconds: how long `lock` waits before it raises Overloaded.
    """

    def __init__(self, root: Path, *, max_idle_handles: int = 128, lock_timeout_seconds: float = 30.0) -> None:
        configure_libgit2()
        self._root = root
        self._max_idle_handles = max_idle_handles
        self._idle: dict[int, list[_Handle]] = {}
        self._idle_count = 0
        self._guard = Lock()
        self._locks = FileLocks(lock_timeout_seconds)
        for folder in (root, root / "tmp", root / "trash"):
            folder.mkdir(parents=True, exist_ok=True)

    def path(self, key: int) -> Path:
        """The bare repo's folder, whether it exists or not."""
        return self._root / f"{key & 0xFF:02x}" / f"{key}.git"

    def exists(self, key: int) -> bool:
        """True once `create` has returned and until `delete` is called."""
        return (self.path(key) / "HEAD").exists()

    def keys(self) -> Iterator[int]:
        """All keys on disk, in no particular order."""
        for folder in self._root.glob("[0-9a-f][0-9a-f]/*.git"):
            if folder.stem.isdecimal():
                yield int(folder.stem)

    def create(self, key: int, default_branch: str = "main") -> None:
        """Make an empty bare repo whose HEAD names `default_branch`.

        Raises:
            Conflict: the key is taken.
            StorageFull: nothing is left behind.
        """
        with disk_full_as_storage_full(self._root), self._new_folder(key) as folder:
            _init_bare(folder, default_branch)

    def copy(self, source_key: int, key: int, default_branch: str = "main") -> None:
        """Make repo `key` with the branches, tags and conversions of `source_key`; objects are hard-linked.

        The caller keeps the source at a `standstill`.

        Raises:
            RepoNotFound: no such source.
            Conflict: the key is taken.
            StorageFull: nothing is left behind.
        """
        with (
            disk_full_as_storage_full(self._root),
            self.open(source_key) as source,
            self._new_folder(key) as folder,
        ):
            refs = {name: source.lookup_reference(name).target for name in source.listall_references()}
            repository = _init_bare(folder, default_branch)
            _link_objects(self.path(source_key) / "objects", folder / "objects")
            for name, target in refs.items():
                if name.startswith(COPIED_REFS):
                    repository.references.create(name, target)

    def delete(self, key: int) -> None:
        """Remove the repo: one rename makes it invisible, then its files go.

        Raises:
            RepoNotFound: no such repo.
            StorageFull: no room for its new name; it is as it was.
        """
        trash = self._root / "trash" / f"{key}-{uuid.uuid4().hex}"
        try:
            with self.lock(key), disk_full_as_storage_full(self._root):
                self.path(key).rename(trash)
                sync_folder(self.path(key).parent)
        finally:
            if trash.exists():
                self._forget(key)
                shutil.rmtree(trash, ignore_errors=True)  # what is left, `empty_trash` takes

    def empty_trash(self) -> None:
        """Finish deletions and drop creations that a killed process left halfway; what a living one makes stays."""
        for leftover in (self._root / "tmp").iterdir():
            with _locked_folder(leftover) as is_ours:
                if is_ours:
                    shutil.rmtree(leftover, ignore_errors=True)
        for leftover in (self._root / "trash").iterdir():
            shutil.rmtree(leftover, ignore_errors=True)

    @contextmanager
    def open(self, key: int) -> Iterator[pygit2.Repository]:
        """Hand out a handle that no other thread uses until the block ends.

        Raises:
            RepoNotFound: no such repo.
        """
        handle = self._take(key)
        try:
            yield handle.repository
        finally:
            self._give_back(key, handle)

    def lock(self, key: int, inherited: int | None = None) -> AbstractContextManager[HeldLock]:
        """Exclusive right to move this repo's refs, among all threads and processes. Not reentrant.

        `inherited` is a descriptor of `open_lock` that a child process was given; None without such a child.

        Raises:
            RepoNotFound: no such repo.
            Overloaded: not free in time.
        """
        return self._locks.hold(self.path(key) / "holdfast.lock", inherited)

    def open_lock(self, key: int) -> int:
        """A descriptor of the lock's file that a child may inherit before `lock` is called. The caller closes it.

        Raises:
            RepoNotFound: no such repo.
        """
        return open_lock_file(self.path(key) / "holdfast.lock")

    def maintenance_lock(self, key: int) -> AbstractContextManager[HeldLock]:
        """Exclusive right to remove packs that hold nothing new. Commits go on meanwhile."""
        return self._locks.hold(self.path(key) / "holdfast-maintenance.lock", guards_refs=False)

    @contextmanager
    def standstill(self, key: int) -> Iterator[None]:
        """Keep all refs and all packs of a repo as they are: both locks. Raises as `lock`."""
        with self.maintenance_lock(key), self.lock(key):
            yield

    @contextmanager
    def _new_folder(self, key: int) -> Iterator[Path]:
        folder = self._root / "tmp" / f"{key}-{uuid.uuid4().hex}"
        folder.mkdir()
        try:
            with _locked_folder(folder):
                yield folder
                self._place(folder, self.path(key))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _place(self, folder: Path, target: Path) -> None:
        for path in (folder / "HEAD", folder / "config", folder):
            sync_folder(path)
        if not target.parent.exists():
            target.parent.mkdir(exist_ok=True)
            sync_folder(self._root)
        try:
            folder.rename(target)
        except OSError as error:
            if target.exists():
                raise Conflict(reason=f"Git storage for repo {target.stem} exists already.") from error
            raise
        sync_folder(target.parent)

    def _take(self, key: int) -> _Handle:
        packs_changed_ns = self._packs_changed_ns(key)
        with self._guard:
            handles = self._idle.get(key, [])
            fresh = [handle for handle in handles if handle.packs_changed_ns == packs_changed_ns]
            taken = fresh.pop() if fresh else None
            self._idle_count -= len(handles) - len(fresh)
            self._idle[key] = fresh
            if not fresh:
                del self._idle[key]
        return taken or self._open_new(key, packs_changed_ns)

    def _open_new(self, key: int, packs_changed_ns: int) -> _Handle:
        try:
            return _Handle(pygit2.Repository(self.path(key)), packs_changed_ns)
        except pygit2.GitError as error:
            raise RepoNotFound from error

    def _packs_changed_ns(self, key: int) -> int:
        """Changes whenever git adds or removes a pack: older handles may have mapped files that are gone."""
        try:
            return os.stat(self.path(key) / "objects" / "pack").st_mtime_ns
        except FileNotFoundError as error:
            raise RepoNotFound from error

    def _give_back(self, key: int, handle: _Handle) -> None:
        with self._guard:
            handles = self._idle.pop(key, [])  # to the end of the dict: most recently used
            self._idle[key] = [*handles, handle]
            self._idle_count += 1
            while self._idle_count > self._max_idle_handles:
                self._evict_oldest()

    def _evict_oldest(self) -> None:
        oldest = next(iter(self._idle))
        self._idle[oldest].pop(0)
        self._idle_count -= 1
        if not self._idle[oldest]:
            del self._idle[oldest]

    def _forget(self, key: int) -> None:
        with self._guard:
            self._idle_count -= len(self._idle.pop(key, []))


@contextmanager
def _locked_folder(folder: Path) -> Iterator[bool]:
    """Lock a folder in `tmp` as long as the block runs and this process lives. Yields False when another one has it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:  # its maker is done with it
        yield False
        return
    try:
        yield _lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _init_bare(folder: Path, default_branch: str) -> pygit2.Repository:
    repository = pygit2.init_repository(str(folder), bare=True, initial_head=default_branch)
    for name, value in _CONFIG.items():
        repository.config[name] = value
    shutil.rmtree(folder / "hooks", ignore_errors=True)
    return repository


def _link_objects(source: Path, target: Path) -> None:
    folders = set()
    for path in source.rglob("*"):
        if path.is_file() and not path.name.startswith("tmp_"):
            linked = target / path.relative_to(source)
            linked.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, linked)
            folders.add(linked.parent)
    for folder in folders:
        sync_folder(folder)
