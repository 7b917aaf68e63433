"""One file at a revision, with all that a page of it shows, and a way to read parts of it."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import EntryNotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.git_storage.blobs import read_blob
from holdfast.hub.repos.git_storage.commits import CommitInfo, tree_of
from holdfast.hub.repos.git_storage.last_commits import last_commits
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.raw_trees import MODE_SYMLINK
from holdfast.hub.repos.git_storage.refs import Ref, list_refs
from holdfast.hub.repos.git_storage.revisions import resolve_revision
from holdfast.hub.repos.git_storage.trees import EntryKind, TreeEntry, find_entry, list_entries
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.headers import HeaderService, RepoHeader
from holdfast.hub.repos.service.resolving import XetFiles
from holdfast.hub.repos.service.safety import FileSafety, SafetyReader


@dataclass(frozen=True)
class FileBytes:
    """Reads ranges of a file. `content` is a regular file's, whole; None: the large file `sha256` of the repo."""

    objects: ObjectService
    repo_key: int
    size_bytes: int
    sha256: str | None
    content: bytes | None

    def read(self, start: int, length: int) -> bytes:
        """At most `length` bytes from `start`; fewer only at the end.

        Raises:
            ObjectNotFound: a pointer whose object this repo does not have.
        """
        if self.content is not None:
            return self.content[start : start + length]
        assert self.sha256 is not None
        reader = self.objects.open_linked(self.repo_key, self.sha256)
        try:
            end = min(start + length, reader.size_bytes)
            return b"".join(bytes(piece) for piece in reader.read(start, end)) if start < end else b""
        finally:
            reader.close()


@dataclass(frozen=True)
class FileSources:
    """Opens files of repos for parts of the program that look into them on their own, for nobody in particular."""

    pool: RepositoryPool
    objects: ObjectService

    def __call__(self, repo_key: int, entry: TreeEntry) -> FileBytes:
        """The bytes of a file.

        Raises:
            ObjectNotFound: when they are read, of a pointer whose object this repo does not have.
        """
        if entry.lfs is not None:
            return FileBytes(self.objects, repo_key, entry.lfs.size_bytes, entry.lfs.sha256, None)
        with self.pool.open(repo_key) as git:
            content = read_blob(git, entry.oid)
        return FileBytes(self.objects, repo_key, len(content), None, content)


@dataclass(frozen=True)
class OpenedFile:
    """A file that the actor may read.

    Args:
        refs: all refs of the repo.
        path: from the root.
        commit_oid: what the revision names.
        entry: its place in the tree; of a folder, nothing else is told.
        xet_hash: under which its chunks are found; None for other files.
        last_commit: the newest that changed it.
        source: its bytes; None for a folder.
        safety: of loading it; None where nothing can be said.
    """

    header: RepoHeader
    refs: tuple[Ref, ...]
    revision: str
    path: str
    commit_oid: str
    entry: TreeEntry
    xet_hash: str | None = None
    last_commit: CommitInfo | None = None
    source: FileBytes | None = None
    safety: FileSafety | None = None

    @property
    def is_symlink(self) -> bool:
        """Whether it only names another file."""
        return self.entry.mode == int(MODE_SYMLINK, 8)


@dataclass(frozen=True)
class FileService:
    """Files, for those who may read them."""

    database: Database
    gate: RepoGate
    pool: RepositoryPool
    objects: ObjectService
    headers: HeaderService
    xet_files: XetFiles
    safety: SafetyReader

    def find_files(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, revision: str, mark: str, limit: int
    ) -> list[str]:
        """Paths of files with `mark` in them, among the first `limit` entries of a revision.

        Raises:
            RepoNotFound, GatedRepo, RepoMoved: see `RepoGate.find`; also where there are no such files.
            RevisionNotFound.
        """
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.READ_REPO)
        with self.pool.open(repo.key) as git:
            tree_oid = tree_of(git, resolve_revision(git, revision))
            entries = list_entries(git, tree_oid, recursive=True, limit=limit).entries
        return [entry.path for entry in entries if entry.kind is EntryKind.FILE and mark in entry.path]

    def open_file(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, revision: str, path: str) -> OpenedFile:
        """Find what is at a path; a regular file is read into memory, of which commits allow little.

        Raises:
            RepoNotFound, GatedRepo, RepoMoved: see `RepoGate.find`.
            RevisionNotFound, EntryNotFound.
        """
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.READ_REPO)
            header = self.headers.header_of(connection, actor, repo)
        with self.pool.open(repo.key) as git:
            commit_oid = resolve_revision(git, revision)
            entry = find_entry(git, tree_of(git, commit_oid), path)
            if entry is None:
                raise EntryNotFound(path=path, commit_oid=commit_oid)
            refs = tuple(list_refs(git))
            if entry.kind is not EntryKind.FILE:
                return OpenedFile(header, refs, revision, entry.path, commit_oid, entry)
            last = last_commits(git, commit_oid, [entry.path]).get(entry.path)
            content = read_blob(git, entry.oid) if entry.lfs is None else None
        sha256 = entry.lfs.sha256 if entry.lfs else None
        source = FileBytes(self.objects, repo.key, entry.file_size_bytes or 0, sha256, content)
        xet_hash = self.xet_files.find_hash(sha256) if sha256 else None
        safety = self.safety.safety_of(repo.key, [entry]).get(entry.path)
        return OpenedFile(header, refs, revision, entry.path, commit_oid, entry, xet_hash, last, source, safety)
