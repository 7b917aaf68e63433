"""Keeping a repo quick and checking that it is whole. Runs in the background, never inside a request."""

from __future__ import annotations

import math
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from holdfast.base.errors import RepoNotFound
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.processes import run_git

MAX_LOOSE_OBJECTS = 500
MAX_PACKS = 40
MAX_LOOSE_REFS = 100
_SAMPLED_FOLDERS = 16
_FSCK_STATUSES = tuple(range(64))  # a bit for each kind of damage; git's own failures are 128 and more


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a repo, in git's words, e.g. `missing blob 1234…`."""

    message: str


def needs_maintenance(pool: RepositoryPool, key: int) -> bool:
    """True when loose objects, packs or loose refs have become many. Cheap: looks at a sample of folders."""
    path = pool.path(key)
    packs = sum(1 for _ in (path / "objects" / "pack").glob("*.pack"))
    refs = sum(1 for found in (path / "refs").rglob("*") if found.is_file())
    return _count_loose(path) > MAX_LOOSE_OBJECTS or packs > MAX_PACKS or refs > MAX_LOOSE_REFS


def maintain(pool: RepositoryPool, key: int) -> None:
    """Roll loose objects and small packs into larger ones and pack the refs. Loses nothing, reachable or not.

    Raises:
        RepoNotFound: no such repo.
        StorageFull: the repo is as it was.
    """
    path = pool.path(key)
    with pool.maintenance_lock(key) as held:
        run_git(path, "repack", "-d", "-q", "--geometric=2", descriptors=(held.descriptor,))
    with pool.lock(key) as held:
        run_git(path, "pack-refs", "--all", descriptors=(held.descriptor,))


def prune(pool: RepositoryPool, key: int, older_than_seconds: float) -> None:
    """Remove objects that no ref reaches and that are older than given, and leftovers of broken-off writes.

    Holds the repo's lock throughout. An age below the longest upload would remove blobs whose commit is yet to come.

    Raises:
        RepoNotFound: no such repo.
        StorageFull: nothing was removed.
    """
    path, expiry = pool.path(key), f"{int(time.time() - older_than_seconds)}"
    with pool.maintenance_lock(key), pool.lock(key) as held:
        kept = (held.descriptor,)
        run_git(path, "repack", "-A", "-d", "-q", f"--unpack-unreachable={expiry}", descriptors=kept)
        run_git(path, "prune", f"--expire={expiry}", descriptors=kept)


def remove_leftovers(pool: RepositoryPool, key: int, older_than_seconds: float) -> None:
    """Remove what killed processes were writing: objects, packs, and whole pushes that were not accepted yet.

    Cheap when there is nothing. What is younger than given may be in the hands of a process that lives.

    Raises:
        RepoNotFound: no such repo.
    """
    objects, horizon = pool.path(key) / "objects", time.time() - older_than_seconds
    if not objects.is_dir():
        raise RepoNotFound
    for leftover in (*objects.glob("tmp_*"), *(objects / "pack").glob("tmp_*")):
        if _last_change(leftover) >= horizon:
            continue
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def _last_change(path: Path) -> float:
    """Of a file, or of the youngest one in a folder; infinite when its owner is removing it just now."""
    try:
        return max(found.lstat().st_mtime for found in (path, *path.rglob("*")))
    except FileNotFoundError:
        return math.inf


def verify(pool: RepositoryPool, key: int, *, thorough: bool = False) -> list[Finding]:
    """Check that every ref leads to commits, trees and blobs that exist; `thorough` also re-hashes all of them.

    Returns:
        What is wrong; empty for a healthy repo.

    Raises:
        RepoNotFound: no such repo.
    """
    depth = "--full" if thorough else "--connectivity-only"
    with pool.open(key):
        output = run_git(pool.path(key), "fsck", depth, "--no-dangling", "--no-progress", accepted=_FSCK_STATUSES)
    return [Finding(line) for line in output.splitlines() if line and not line.startswith("notice:")]


def _count_loose(path: Path) -> int:
    """Estimated from some of the 256 folders over which the hash spreads them evenly."""
    folders = (path / "objects" / f"{number:02x}" for number in range(0, 256, 256 // _SAMPLED_FOLDERS))
    return 256 // _SAMPLED_FOLDERS * sum(1 for folder in folders if folder.is_dir() for _ in folder.iterdir())
