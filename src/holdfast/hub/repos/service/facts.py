"""Reads what a commit's files say: the bridge from git and stored objects to the pure rules in `metadata`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pygit2

from holdfast.base.errors import EntryNotFound
from holdfast.base.ids import RepoType
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.git_storage.blobs import read_blob
from holdfast.hub.repos.git_storage.bounded_cache import BoundedCache
from holdfast.hub.repos.git_storage.commits import tree_of
from holdfast.hub.repos.git_storage.trees import EntryKind, TreeEntry, get_entry, list_entries
from holdfast.hub.repos.metadata.documents import RepoFacts, affects_facts, derive_facts
from holdfast.hub.repos.metadata.files import RepoFile

MAX_FILES_PER_FOLDER = 1_000
"""Facts look at the root and one level below, and there only so far: a commit to a huge repo stays cheap."""
MAX_FOLDERS = 100


@dataclass(frozen=True)
class FactReader:
    """Derives the facts of a commit. They depend on its tree, and on which large files the repo has."""

    objects: ObjectService
    _known: BoundedCache[tuple[int, str], RepoFacts] = field(default_factory=lambda: BoundedCache(256))
    """By repo and tree: of a pointer, another repo may have the bytes that this one lacks."""

    def read(self, git: pygit2.Repository, repo: Repo, commit_oid: str | None) -> RepoFacts:
        """Return the facts; those of an empty repo for None. Broken files are as absent, never an error.

        Of large files only those are read that `repo` has: whoever knows a hash can write a pointer to it.
        """
        if commit_oid is None:
            return derive_facts(repo.type, [], _read_nothing)
        tree_oid = tree_of(git, commit_oid)
        known = self._known.get((repo.key, tree_oid))
        if known is None:
            known = self._derive(git, repo, tree_oid)
            self._known.put((repo.key, tree_oid), known)
        return known

    def depend_on(self, repo_type: RepoType, paths: Sequence[str]) -> bool:
        """Whether a change of these files can change the facts."""
        return any(affects_facts(repo_type, path) for path in paths)

    def _derive(self, git: pygit2.Repository, repo: Repo, tree_oid: str) -> RepoFacts:
        def read(path: str, start: int, length: int) -> bytes:
            return read_bytes(git, self.objects, repo.key, get_entry(git, tree_oid, path), start, length)

        files = [RepoFile(entry.path, entry.file_size_bytes or 0) for entry in _near_files(git, tree_oid)]
        return derive_facts(repo.type, files, read)


def read_bytes(
    git: pygit2.Repository, objects: ObjectService, repo_key: int, entry: TreeEntry, start: int, length: int
) -> bytes:
    """Read a part of a file, be it in git or a stored object.

    Raises:
        ObjectNotFound: a pointer whose object is not here, or not this repo's.
    """
    if entry.lfs is None:
        return read_blob(git, entry.oid)[start : start + length]
    end = min(start + length, entry.lfs.size_bytes)
    reader = objects.open_linked(repo_key, entry.lfs.sha256)
    try:
        return b"".join(bytes(piece) for piece in reader.read(start, end))
    finally:
        reader.close()


_EVENT_FOLDERS = ("runs", "logs")
"""Where training writes TensorBoard's files, in a folder for each run."""


def _near_files(git: pygit2.Repository, tree_oid: str) -> Iterator[TreeEntry]:
    top = list_entries(git, tree_oid, limit=MAX_FILES_PER_FOLDER).entries
    yield from (entry for entry in top if entry.kind is EntryKind.FILE)
    for folder in [entry for entry in top if entry.kind is EntryKind.DIRECTORY][:MAX_FOLDERS]:
        try:
            deep = folder.path in _EVENT_FOLDERS
            below = list_entries(git, tree_oid, folder.path, recursive=deep, limit=MAX_FILES_PER_FOLDER).entries
        except EntryNotFound:
            continue  # pushed under a name that is no UTF-8: no path leads there
        yield from (entry for entry in below if entry.kind is EntryKind.FILE)


def _read_nothing(path: str, _start: int, _length: int) -> bytes:
    raise EntryNotFound(path=path)
