"""The headers of all shards of a model in one answer: its tensors' names, dtypes and shapes, not their data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
import pygit2

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import CorruptObject, EntryNotFound, InvalidInput, TooLarge
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.base.json_values import nests_too_deep
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.git_storage.commits import tree_of
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.revisions import resolve_revision
from holdfast.hub.repos.git_storage.trees import EntryKind, TreeEntry, get_entry
from holdfast.hub.repos.metadata.safetensors_header import INDEX_SUFFIX, read_header, shards_of_index
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.facts import read_bytes

MAX_INDEX_BYTES = 32 * 1024 * 1024
MAX_TOTAL_BYTES = 64 * 1024 * 1024
"""Read for one answer, headers and index together. A model of 700 billion parameters in 163 shards has 20 MB."""

FindEntry = Callable[[str], TreeEntry]


@dataclass(frozen=True)
class ShardedTensors:
    """`index` without its `weight_map`, and each shard's header by the name that the index gives it."""

    index: dict[str, Any]
    headers: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class TensorService:
    """Reads safetensors headers of models."""

    database: Database
    gate: RepoGate
    pool: RepositoryPool
    objects: ObjectService

    def sharded_tensors(self, actor: Actor, repo_id: RepoId, index_path: str) -> ShardedTensors:
        """The headers of the shards that a `*.safetensors.index.json` of the default branch names.

        Raises:
            InvalidInput: not the path of an index.
            EntryNotFound: no index there, or a shard that it names is missing.
            CorruptObject: an index or a shard that is none.
            TooLarge: more headers than one answer may hold.
            ObjectNotFound: a shard's bytes were never uploaded to this repo.
        """
        if not index_path.endswith(INDEX_SUFFIX):
            raise InvalidInput(field="path", problem=f"must end with {INDEX_SUFFIX}; got {index_path[:200]!r}")
        with self.database.read() as connection:
            repo = self.gate.find(connection, actor, RepoType.MODEL, repo_id, Permission.READ_REPO)
        with self.pool.open(repo.key) as git:
            commit_oid = resolve_revision(git, repo.default_branch)
            find = _file_finder(git, commit_oid)
            read = _MeteredReader(git, self.objects, repo.key, find)
            index = _parse_index(read(index_path, 0, _checked_size(find(index_path))))
            paths = shards_of_index(index, index_path)
            skipped = index_path.rfind("/") + 1
            headers = {path[skipped:]: read_header(read, path, find(path).file_size_bytes or 0) for path in paths}
        return ShardedTensors({name: value for name, value in index.items() if name != "weight_map"}, headers)


@dataclass
class _MeteredReader:
    """A `metadata.files.Read` that stops before it has read too much."""

    git: pygit2.Repository
    objects: ObjectService
    repo_key: int
    find: FindEntry
    left_bytes: int = MAX_TOTAL_BYTES

    def __call__(self, path: str, start: int, length: int) -> bytes:
        self.left_bytes -= length
        if self.left_bytes < 0:
            raise TooLarge(what="What the headers of this model hold", limit=f"{MAX_TOTAL_BYTES} bytes")
        return read_bytes(self.git, self.objects, self.repo_key, self.find(path), start, length)


def _file_finder(git: pygit2.Repository, commit_oid: str) -> FindEntry:
    tree_oid = tree_of(git, commit_oid)

    def find(path: str) -> TreeEntry:
        try:
            entry = get_entry(git, tree_oid, path)
        except EntryNotFound as error:
            raise EntryNotFound(path=path, commit_oid=commit_oid) from error
        if entry.kind is not EntryKind.FILE:
            raise EntryNotFound(path=path, commit_oid=commit_oid)
        return entry

    return find


def _checked_size(entry: TreeEntry) -> int:
    size_bytes = entry.file_size_bytes or 0
    if size_bytes > MAX_INDEX_BYTES:
        raise TooLarge(what=entry.path, limit=f"{MAX_INDEX_BYTES} bytes")
    return size_bytes


def _parse_index(content: bytes) -> dict[str, Any]:
    try:
        index = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise CorruptObject(problem="is a safetensors index that is not JSON") from None
    if not isinstance(index, dict) or nests_too_deep(index):
        raise CorruptObject(problem="is a safetensors index that is not a JSON object, or one that is nested too deep")
    return index
