"""History: the log of a revision, or of one path, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import pygit2
from pygit2.enums import SortMode

from holdfast.base.errors import InvalidInput
from holdfast.hub.repos.git_storage.commits import CommitInfo, describe_commit


@dataclass(frozen=True, slots=True)
class CommitPage:
    """Some commits, newest first; `next_cursor` None means that these are the last ones."""

    commits: list[CommitInfo]
    next_cursor: str | None


def list_commits(
    repo: pygit2.Repository, start: str, *, path: str = "", after: str | None = None, limit: int = 50
) -> CommitPage:
    """One page of the commits that `start` reaches, itself first; each comes before its parents.

    Args:
        repo: the repo.
        start: oid of a commit.
        path: only commits that changed the file or folder there; empty for all.
        after: `next_cursor` of the page before; None for the first page.
        limit: commits per page.

    Raises:
        InvalidInput: `after` is not in this history.
    """
    commits = _touching(repo, start, path.strip("/")) if path.strip("/") else _all(repo, start)
    if after is not None and not any(str(commit.id) == after for commit in commits):
        raise InvalidInput(field="cursor", problem="is not part of this history")
    page = list(islice(commits, limit + 1))
    described = [describe_commit(commit) for commit in page[:limit]]
    return CommitPage(described, described[-1].oid if len(page) > limit else None)


def count_commits(repo: pygit2.Repository, start: str) -> int:
    """How many commits `start` reaches, itself included."""
    return sum(1 for _ in _all(repo, start))


def is_ancestor(repo: pygit2.Repository, ancestor: str, descendant: str) -> bool:
    """True when `descendant` reaches `ancestor`, also when they are the same commit."""
    return ancestor == descendant or repo.descendant_of(descendant, ancestor)


def _all(repo: pygit2.Repository, start: str) -> Iterator[pygit2.Commit]:
    return iter(repo.walk(start, SortMode.TOPOLOGICAL | SortMode.TIME))


def _touching(repo: pygit2.Repository, start: str, path: str) -> Iterator[pygit2.Commit]:
    """As `git log -- path`: at a merge, follow a parent that agrees with it, if there is one."""
    wanted = {pygit2.Oid(hex=start)}
    for commit in repo.walk(start, SortMode.TOPOLOGICAL | SortMode.TIME):
        if commit.id not in wanted:
            continue
        wanted.discard(commit.id)
        here = _oid_at(commit, path)
        same = next((parent.id for parent in commit.parents if _oid_at(parent, path) == here), None)
        wanted.update([same] if same is not None else commit.parent_ids)
        if same is None and (here is not None or commit.parent_ids):
            yield commit
        if not wanted:
            return


def _oid_at(commit: pygit2.Commit, path: str) -> pygit2.Oid | None:
    try:
        return commit.tree[path].id
    except (KeyError, ValueError):
        return None
