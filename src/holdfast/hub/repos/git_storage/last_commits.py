"""Which commit last changed each entry of a folder.

Walks back from a commit, taking each entry along to a parent that still has it unchanged, until a commit is found
whose parents all differ. What was found for one commit is remembered, so a page asked again after a new commit walks
over that new commit only.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from itertools import groupby

import pygit2

from holdfast.hub.repos.git_storage.bounded_cache import BoundedCache
from holdfast.hub.repos.git_storage.commits import CommitInfo, describe_commit
from holdfast.hub.repos.git_storage.raw_trees import parse_entries, read_raw_tree

_Names = dict[bytes, tuple[bytes, bytes]]
"""name → (mode, 20-byte oid)."""

_found: BoundedCache[tuple[str, str], dict[bytes, str]] = BoundedCache(256)
_MAX_REMEMBERED_NAMES = 1_000
"""(commit oid, folder) → entry name → oid of the commit that last changed it. History never changes below a commit."""


def last_commits(repo: pygit2.Repository, commit_oid: str, paths: Iterable[str]) -> dict[str, CommitInfo]:
    """For each path that exists at the commit, the newest commit that changed it (for folders: anything below).

    Args:
        repo: the repo.
        commit_oid: the commit at which the paths are listed.
        paths: from the root of the repo; cheapest when they lie in few folders.

    Returns:
        Commits by path; paths that do not exist are absent.
    """
    oids: dict[str, str] = {}
    for folder, group in groupby(sorted(paths, key=_folder_of), key=_folder_of):
        names = {path.encode("utf-8", "replace").rpartition(b"/")[2]: path for path in group}
        found = _last_commits_in(repo, commit_oid, folder, names.keys())
        oids.update((names[name], oid) for name, oid in found.items())
    described = {oid: describe_commit(repo[oid]) for oid in set(oids.values())}  # type: ignore[arg-type]
    return {path: described[oid] for path, oid in oids.items()}


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def _last_commits_in(repo: pygit2.Repository, commit_oid: str, folder: str, names: Iterable[bytes]) -> dict[bytes, str]:
    search = _Search(repo, folder)
    here = search.names_at(repo[commit_oid])  # type: ignore[arg-type]
    wanted = {name for name in names if name in here}
    known = {name: oid for name, oid in (_found.get((commit_oid, folder)) or {}).items() if name in wanted}
    if len(known) < len(wanted):
        known |= search.run(commit_oid, wanted - known.keys())
        _remember(commit_oid, folder, known)
    return known


def _remember(commit_oid: str, folder: str, known: dict[bytes, str]) -> None:
    both = (_found.get((commit_oid, folder)) or {}) | known
    _found.put((commit_oid, folder), both if len(both) <= _MAX_REMEMBERED_NAMES else known)


class _Search:
    """One walk for the entries of one folder."""

    def __init__(self, repo: pygit2.Repository, folder: str) -> None:
        self._repo = repo
        self._folder = folder
        self._trees: dict[pygit2.Oid, tuple[bytes, _Names]] = {}
        self._queue: list[tuple[int, str]] = []
        self._pending: dict[str, set[bytes]] = {}
        self._result: dict[bytes, str] = {}

    def run(self, start: str, wanted: set[bytes]) -> dict[bytes, str]:
        self._send(self._repo[start], wanted)  # type: ignore[arg-type]
        while self._queue:
            _, oid = heapq.heappop(self._queue)
            self._settle(self._repo[oid], self._pending.pop(oid))  # type: ignore[arg-type]
        return self._result

    def _send(self, commit: pygit2.Commit, names: set[bytes]) -> None:
        oid = str(commit.id)
        if oid not in self._pending:
            self._pending[oid] = set()
            heapq.heappush(self._queue, (-commit.commit_time, oid))
        self._pending[oid] |= names

    def _settle(self, commit: pygit2.Commit, names: set[bytes]) -> None:
        """Decide here what is known or changed here; send the rest to the parents that agree."""
        names = self._take_known(commit, names)
        here = self.names_at(commit)
        for parent in commit.parents:
            if not names:
                return
            there = self.names_at(parent)
            agreed = names if there is here else {name for name in names if there.get(name) == here[name]}
            if agreed:
                self._send(parent, agreed)
                names = names - agreed
        for name in names:
            self._result[name] = str(commit.id)
        self._trees.pop(commit.id, None)

    def _take_known(self, commit: pygit2.Commit, names: set[bytes]) -> set[bytes]:
        known = _found.get((str(commit.id), self._folder)) or {}
        self._result.update((name, known[name]) for name in names if name in known)
        return names - known.keys()

    def names_at(self, commit: pygit2.Commit) -> _Names:
        """The folder's entries; the very same dict for commits that have the same tree there."""
        if commit.id not in self._trees:
            oid = self._folder_oid(commit)
            same = next((names for known, names in self._trees.values() if known == oid), None)
            self._trees[commit.id] = (oid, self._load(oid) if same is None else same)
        return self._trees[commit.id][1]

    def _folder_oid(self, commit: pygit2.Commit) -> bytes:
        """20 bytes; empty where the folder does not exist."""
        if not self._folder:
            return commit.tree_id.raw
        try:
            found = commit.tree[self._folder]
        except (KeyError, ValueError):
            return b""
        return found.id.raw if isinstance(found, pygit2.Tree) else b""

    def _load(self, oid: bytes) -> _Names:
        if not oid:
            return {}
        return {name: (mode, entry) for mode, name, entry in parse_entries(read_raw_tree(self._repo, oid))}
