"""Compares repos on disk with what the tables say of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pygit2

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import RepoNotFound
from holdfast.hub.objects.fsck import Fault
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.git_storage.maintenance import verify
from holdfast.hub.repos.git_storage.pointers import LfsPointer
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.processes import GitFailed
from holdfast.hub.repos.git_storage.reachability import reachable_lfs_pointers
from holdfast.hub.repos.git_storage.refs import list_refs
from holdfast.hub.repos.service import description, removed_files
from holdfast.hub.repos.store import repos

REBUILD = "`holdfast fsck --rebuild` puts it right."


@dataclass(frozen=True)
class RepoFinding:
    """One fault of one repo; `explanation` is a sentence for the administrator. ORPHAN is harmless."""

    subject: str
    fault: Fault
    explanation: str


@dataclass(frozen=True)
class RepoInspector:
    """Checks repos: git's own consistency, the index of their refs, the large files that they name."""

    database: Database
    pool: RepositoryPool
    objects: ObjectService

    def check(self, *, deep: bool = False) -> Iterator[RepoFinding]:
        """Yield every fault; `deep` also re-hashes every git object."""
        folders = sorted(self.pool.keys())
        with self.database.read() as connection:
            keys, last = repos.all_keys(connection), repos.last_key(connection)
        for key in keys:
            yield from self._check_repo(key, deep=deep)
        for key in set(folders) - set(keys):
            yield _stray(key, last)

    def _check_repo(self, key: int, *, deep: bool) -> Iterator[RepoFinding]:
        repo = self._find(key)
        if repo is None:
            return  # deleted meanwhile
        name = f"{repo.type.value} {repo.id}"
        try:
            for damage in verify(self.pool, key, thorough=deep):
                yield RepoFinding(name, Fault.CORRUPT, f"git finds: {damage.message}")
            yield from self._check_index(repo, name)
            yield from self._check_large_files(key, name)
        except RepoNotFound:
            if self._find(key) is not None:
                explanation = f"Its folder {self.pool.path(key)} is missing: restore it from a backup."
                yield RepoFinding(name, Fault.MISSING, explanation)
        except (GitFailed, pygit2.GitError, KeyError) as error:
            yield RepoFinding(name, Fault.CORRUPT, f"git cannot read it: {error}. Restore it from a backup.")

    def _check_index(self, repo: Repo, name: str) -> Iterator[RepoFinding]:
        if self._wrong_refs(repo.key):
            with self.pool.lock(repo.key):  # a commit may have been under way
                wrong = self._wrong_refs(repo.key)
            if wrong and self._is_pending(repo.key):
                explanation = "An update of its refs was cut short. The next start of the server puts it right."
                yield RepoFinding(name, Fault.ORPHAN, explanation)
            elif wrong:
                explanation = f"The index of its refs is not what git says: {', '.join(wrong)}. {REBUILD}"
                yield RepoFinding(name, Fault.CORRUPT, explanation)
        if not description.fits(self.pool.path(repo.key), repo):
            explanation = f"Its holdfast.json does not say what the tables say. {REBUILD}"
            yield RepoFinding(name, Fault.ORPHAN, explanation)

    def _wrong_refs(self, key: int) -> list[str]:
        """Names of refs that differ between git and the index; `HEAD` stands for the default branch's commit."""
        with self.pool.open(key) as git:
            actual = {ref.full_name: ref.target for ref in list_refs(git)}
        with self.database.read() as connection:
            repo, indexed = repos.get_repo(connection, key), repos.list_refs(connection, key)
        if repo is None:
            return []
        actual["HEAD"], indexed["HEAD"] = actual.get(repo.default_ref, ""), repo.head_oid or ""
        return sorted(name for name in actual.keys() | indexed.keys() if actual.get(name) != indexed.get(name))

    def _check_large_files(self, key: int, name: str) -> Iterator[RepoFinding]:
        with self.pool.open(key) as git:
            pointers = {pointer.sha256: pointer for pointer in reachable_lfs_pointers(git)}
        with self.database.read() as connection:
            kinds = self.objects.kinds(connection, pointers)
            linked = self.objects.linked(connection, key, pointers)
        removed = removed_files.read(self.pool.path(key)) - linked.keys()
        for pointer in (pointers[sha256] for sha256 in pointers.keys() - removed):
            yield from _check_pointer(name, pointer, kinds, linked)

    def _find(self, key: int) -> Repo | None:
        with self.database.read() as connection:
            return repos.get_repo(connection, key)

    def _is_pending(self, key: int) -> bool:
        with self.database.read() as connection:
            return key in repos.pending_keys(connection)


def _check_pointer(
    name: str, pointer: LfsPointer, stored: Iterable[str], linked: dict[str, int]
) -> Iterator[RepoFinding]:
    what = f"Its large file {pointer.sha256}"
    if pointer.sha256 not in stored:
        yield RepoFinding(name, Fault.MISSING, f"{what} is not stored: restore it from a backup, or upload it again.")
    elif pointer.sha256 not in linked:
        yield RepoFinding(name, Fault.CORRUPT, f"{what} is stored, but not linked to the repo. {REBUILD}")
    elif linked[pointer.sha256] != pointer.size_bytes:
        problem = f"{what} has {linked[pointer.sha256]} bytes; its pointer says {pointer.size_bytes}."
        yield RepoFinding(name, Fault.WRONG_SIZE, problem)


def _stray(key: int, last_key: int) -> RepoFinding:
    subject = f"folder of repo {key}"
    if key <= last_key:
        return RepoFinding(subject, Fault.ORPHAN, "A deleted repo has left it. `holdfast gc` removes it.")
    if key == last_key + 1:
        return RepoFinding(subject, Fault.ORPHAN, "A creation was cut short, and the next one replaces it.")
    return RepoFinding(subject, Fault.MISSING, f"The database does not know it. {REBUILD}")
