"""The large files that a repo has: listing them, taking them out for good, letting another repo have them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import ObjectNotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.objects.domain import LinkedObject
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.git_storage.bounded_cache import BoundedCache
from holdfast.hub.repos.git_storage.large_files import LargeFilePlace, find_large_files
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.refs import Ref, RefKind, list_refs
from holdfast.hub.repos.git_storage.rewriting import MovedRef, drop_large_files
from holdfast.hub.repos.service import removed_files
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.indexing import RefChanges, RepoIndex
from holdfast.hub.repos.service.resolving import XetFiles
from holdfast.hub.repos.store import pull_requests

_Refs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class LargeFile:
    """An object of a repo. `place` None: no commit that a ref reaches has it, so it only takes room."""

    stored: LinkedObject
    place: LargeFilePlace | None
    xet_hash: str | None


@dataclass(frozen=True)
class LargeFilePage:
    """Some large files by SHA-256; `next_cursor` None means that these are the last. `total_bytes` are of all."""

    files: list[LargeFile]
    next_cursor: str | None
    total_bytes: int


@dataclass(frozen=True)
class WantedFile:
    """A large file that another repo shall have. `xet_hash` None: the caller doesn't say."""

    sha256: str
    xet_hash: str | None


@dataclass(frozen=True)
class NotDuplicated:
    """A wanted file that stayed where it was, and why, as a sentence."""

    sha256: str
    reason: str


@dataclass(frozen=True)
class LargeFileService:
    """Large files of one repo."""

    database: Database
    gate: RepoGate
    pool: RepositoryPool
    index: RepoIndex
    objects: ObjectService
    xet_files: XetFiles
    _places: BoundedCache[tuple[int, _Refs], dict[str, LargeFilePlace]] = field(default_factory=lambda: BoundedCache(4))
    """So that the pages of one listing walk the history once."""

    def list_large_files(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, *, after: str, limit: int
    ) -> LargeFilePage:
        """One page of everything that counts as the repo's storage; `after` is a cursor, empty for the first page.

        Raises:
            Forbidden: only those who may write see what lies in the history of a repo and beside it.
        """
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.WRITE_REPO)
            found = self.objects.list_linked(connection, repo.key, after=after, limit=limit + 1)
            total_bytes = self.objects.repo_sizes(connection, [repo.key]).get(repo.key, 0)
        page = found[:limit]
        places = self._find_places(repo) if page else {}
        files = [
            LargeFile(stored, places.get(stored.sha256), self.xet_files.find_hash(stored.sha256)) for stored in page
        ]
        return LargeFilePage(files, page[-1].sha256 if len(found) > limit else None, total_bytes)

    def delete_large_files(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, sha256s: Collection[str], *, rewrite_history: bool
    ) -> None:
        """Take large files away from the repo for good; those that it doesn't have are passed over.

        With `rewrite_history` every commit of every branch, tag and pull request that named them is replaced by one
        that doesn't. Without it their pointers stay in git and lead nowhere.

        Raises:
            Forbidden: not allowed to administer the repo.
            StorageFull: nothing was changed.
        """
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.ADMIN_REPO)
        with self.index.changing(repo.key) as changes:
            commits = _rewrite_refs(changes, sha256s) if rewrite_history else {}
            if not rewrite_history:
                removed_files.note(self.pool.path(repo.key), sha256s)
            changes.records.append(lambda connection: self.objects.unlink(connection, repo.key, sha256s))
            changes.records.append(lambda connection: _rename_merges(connection, repo, commits))

    def duplicate_large_files(
        self,
        actor: Actor,
        source: tuple[RepoType, RepoId],
        target: tuple[RepoType, RepoId],
        files: Sequence[WantedFile],
    ) -> list[NotDuplicated]:
        """Let `target` have large files of `source` without moving a byte; returns those that it can't have.

        Raises:
            RepoNotFound, GatedRepo: the actor may not read the source, or not see the target.
            Forbidden, LoginRequired: not allowed to open pull requests against the target.
        """
        with self.database.write() as connection:
            giver = self.gate.find(connection, actor, *source, Permission.READ_REPO)
            taker = self.gate.find(connection, actor, *target, Permission.DISCUSS_REPO)
            had = self.objects.linked(connection, giver.key, [file.sha256 for file in files])
            failed = [NotDuplicated(file.sha256, reason) for file in files if (reason := self._obstacle(file, had))]
            given = {file.sha256 for file in files} - {failure.sha256 for failure in failed}
            self.objects.link(connection, taker.key, given)
        return failed

    def _obstacle(self, file: WantedFile, had: Collection[str]) -> str | None:
        if file.sha256 not in had:
            return str(ObjectNotFound(oid=file.sha256))
        if file.xet_hash is not None and file.xet_hash != self.xet_files.find_hash(file.sha256):
            return f"Object {file.sha256} has another Xet hash."
        return None

    def _find_places(self, repo: Repo) -> dict[str, LargeFilePlace]:
        with self.pool.open(repo.key) as git:
            refs = sorted(list_refs(git), key=lambda ref: _rank(ref, repo.default_branch))
            key = (repo.key, tuple((ref.full_name, ref.target) for ref in refs))
            places = self._places.get(key)
            if places is None:
                places = find_large_files(git, refs)
                self._places.put(key, places)
        return places


def _rank(ref: Ref, default_branch: str) -> tuple[bool, bool, str]:
    """The default branch first, then other branches, then everything else."""
    is_branch = ref.kind is RefKind.BRANCH
    return not (is_branch and ref.name == default_branch), not is_branch, ref.full_name


def _rewrite_refs(changes: RefChanges, sha256s: Collection[str]) -> dict[str, str]:
    rewriting = drop_large_files(changes.git, sha256s)
    for ref in rewriting.refs:
        _move(changes, ref)
    return rewriting.commits


def _move(changes: RefChanges, ref: MovedRef) -> None:
    if ref.new_oid == ref.new_commit:
        changes.move(ref.name, ref.new_oid, ref.old_commit)
        return
    changes.delete(ref.name)
    changes.create(ref.name, ref.new_oid)
    changes.moved[ref.name] = ref.new_commit  # the index knows the commit, not the annotated tag


def _rename_merges(connection: Connection, repo: Repo, commits: dict[str, str]) -> None:
    """Pull requests remember by which commit they were merged."""
    if not commits:
        return
    for pull in pull_requests.list_pull_requests(connection, repo.key):
        if pull.merge_oid in commits:
            new_oid = commits[pull.merge_oid]
            pull_requests.set_status(connection, repo.key, pull.num, pull.status, merge_oid=new_oid)
