"""Blame: which commit gave each line of a file its present form.

Walks back from a commit, sending each line along to a parent that has it too, until a commit is found whose parents
all lack it. It stops after so many commits and versions: lines that are older still have no answer. Renames are not
followed.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import pygit2
from pygit2.enums import DiffOption

from holdfast.hub.repos.git_storage.bounded_cache import BoundedCache
from holdfast.hub.repos.git_storage.commits import CommitInfo, describe_commit

MAX_COMMITS = 20_000
MAX_VERSIONS = 500
"""Versions of the file that are compared."""
MAX_COMPARED_BYTES = 64 * 1024 * 1024
"""Of all of them together: of a large file fewer versions are looked at."""

_Lines = list[tuple[int, int]]
"""(number of the line in this commit's version, number in the version asked for), both from 0."""


@dataclass(frozen=True, slots=True)
class BlameSpan:
    """Neighbouring lines from one commit. `start` counts from 1; `oid` None: older than was looked at."""

    start: int
    count: int
    oid: str | None


@dataclass(frozen=True, slots=True)
class Blame:
    """Spans that cover all lines in order, and the commits they name, by oid."""

    spans: tuple[BlameSpan, ...]
    commits: dict[str, CommitInfo]

    @property
    def is_complete(self) -> bool:
        """False when some lines are older than was looked at."""
        return all(span.oid is not None for span in self.spans)


_known: BoundedCache[tuple[str, str], Blame] = BoundedCache(64)
"""By commit and path. History never changes below a commit."""


def blame_file(repo: pygit2.Repository, commit_oid: str, path: str, *, max_versions: int = MAX_VERSIONS) -> Blame:
    """Find the commit of each line of the text file at `path`.

    The caller has seen that there is a file, that it is text, and how large it is.
    """
    known = _known.get((commit_oid, path))
    if known is None:
        origins = _Search(repo, path, max_versions).run(commit_oid)
        spans = tuple(_spans(origins))
        oids = {span.oid for span in spans if span.oid is not None}
        known = Blame(spans, {oid: describe_commit(repo[oid]) for oid in oids})  # type: ignore[arg-type]
        _known.put((commit_oid, path), known)
    return known


def _spans(origins: list[str | None]) -> Iterator[BlameSpan]:
    start = 1
    for oid, lines in groupby(origins):
        count = sum(1 for _ in lines)
        yield BlameSpan(start, count, oid)
        start += count


class _Search:
    """One walk for the lines of one file."""

    def __init__(self, repo: pygit2.Repository, path: str, max_versions: int) -> None:
        self._repo = repo
        self._path = path
        self._versions_left = max_versions
        self._bytes_left = MAX_COMPARED_BYTES
        self._queue: list[tuple[int, str]] = []
        self._pending: dict[str, _Lines] = {}
        self._origins: list[str | None] = []

    def run(self, start: str) -> list[str | None]:
        commit = self._commit(start)
        blob = self._blob(commit)
        assert blob is not None
        count = _count_lines(blob.data)
        self._origins = [None] * count
        self._send(commit, [(number, number) for number in range(count)])
        for _ in range(MAX_COMMITS):
            if not self._queue or self._versions_left <= 0 or self._bytes_left <= 0:
                break
            _, oid = heapq.heappop(self._queue)
            self._settle(self._commit(oid), self._pending.pop(oid))
        return self._origins

    def _send(self, commit: pygit2.Commit, lines: _Lines) -> None:
        oid = str(commit.id)
        if oid not in self._pending:
            self._pending[oid] = []
            heapq.heappush(self._queue, (-commit.commit_time, oid))
        self._pending[oid] += lines

    def _settle(self, commit: pygit2.Commit, lines: _Lines) -> None:
        """Send the lines to the parents that have them; those that none has are this commit's."""
        here = self._blob(commit)
        parents = [(parent, self._blob(parent)) for parent in commit.parents]
        same = next((parent for parent, blob in parents if blob and here and blob.id == here.id), None)
        if same is not None:
            self._send(same, lines)
            return
        for parent, blob in parents:
            if blob is not None and here is not None and lines:
                lines = self._share(parent, blob, here, lines)
        for _, line in lines:
            self._origins[line] = str(commit.id)

    def _share(self, parent: pygit2.Commit, old: pygit2.Blob, new: pygit2.Blob, lines: _Lines) -> _Lines:
        """Send the parent what it has of these lines, and return the others."""
        self._versions_left -= 1
        self._bytes_left -= old.size + new.size
        unchanged = _Unchanged(old, new)
        kept: _Lines = []
        rest: _Lines = []
        for number, line in lines:
            before = unchanged.number_before(number)
            if before is None:
                rest.append((number, line))
            else:
                kept.append((before, line))
        if kept:
            self._send(parent, kept)
        return rest

    def _commit(self, oid: str) -> pygit2.Commit:
        return self._repo[oid]  # type: ignore[return-value]

    def _blob(self, commit: pygit2.Commit) -> pygit2.Blob | None:
        try:
            found = commit.tree[self._path]
        except (KeyError, ValueError):
            return None
        return found if isinstance(found, pygit2.Blob) else None


class _Unchanged:
    """Which lines of the new version the old one has, and where."""

    def __init__(self, old: pygit2.Blob, new: pygit2.Blob) -> None:
        self._starts = [0]
        """Of the stretches of new lines that follow each other unchanged."""
        self._stretches: list[tuple[int, int]] = []
        """For each of them: the first line behind it, and by how much the old numbers are higher."""
        patch = pygit2.Patch.create_from(old, new, flag=DiffOption.FORCE_TEXT, context_lines=0)
        for hunk in patch.hunks:
            # Of an empty side git tells the line before it, of any other the first line; both count from 1.
            first = hunk.new_start - 1 if hunk.new_lines else hunk.new_start
            old_first = hunk.old_start - 1 if hunk.old_lines else hunk.old_start
            self._stretches.append((first, old_first - first))
            self._starts.append(first + hunk.new_lines)
            shift = old_first + hunk.old_lines - (first + hunk.new_lines)
        self._stretches.append((2**62, shift if patch.hunks else 0))

    def number_before(self, number: int) -> int | None:
        """The old number of a new line, None for one that changed. From 0."""
        stretch = bisect_right(self._starts, number) - 1
        end, shift = self._stretches[stretch]
        return number + shift if number < end else None


def _count_lines(content: bytes) -> int:
    return content.count(b"\n") + (not content.endswith(b"\n") and bool(content))
