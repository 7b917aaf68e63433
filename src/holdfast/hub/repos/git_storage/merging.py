"""Three-way merges: bringing a pull request's changes into a branch, and taking a commit's changes back out.

Both give the tree of a commit to be made; neither makes it.
"""

from __future__ import annotations

from pathlib import Path

import pygit2

from holdfast.base.errors import Conflict
from holdfast.hub.repos.git_storage.libgit2 import disk_full_as_storage_full

_NAMED_CONFLICTS = 10


def merge_base(repo: pygit2.Repository, one: str, other: str) -> str | None:
    """The newest commit that both reach, or None when their histories have nothing in common."""
    base = repo.merge_base(one, other)
    return str(base) if base is not None else None


def merged_tree(repo: pygit2.Repository, ours: str, theirs: str) -> str:
    """Oid of the tree that has the changes of both commits since they parted.

    Raises:
        Conflict: they changed the same lines; names the files.
        StorageFull: nothing was kept.
    """
    return _tree_without_conflicts(repo, repo.merge_commits(ours, theirs), "merged")


def conflicting_paths(repo: pygit2.Repository, ours: str, theirs: str) -> list[str]:
    """Files that `merged_tree` would refuse to merge, sorted; empty when it would not."""
    return _conflicts(repo.merge_commits(ours, theirs))


def reverted_tree(repo: pygit2.Repository, commit: str, tip: str) -> str:
    """Oid of the tip's tree without the changes that `commit` made to its first parent.

    Raises:
        Conflict: later commits changed the same lines, or it is the first commit; names the files.
        StorageFull: nothing was kept.
    """
    reverted, ours = repo[commit].peel(pygit2.Commit), repo[tip].peel(pygit2.Commit)
    if not reverted.parent_ids:
        raise Conflict(reason="The first commit cannot be reverted: there is nothing before it.")
    mainline = 1 if len(reverted.parent_ids) > 1 else 0
    return _tree_without_conflicts(repo, repo.revert_commit(reverted, ours, mainline), "reverted")


def _tree_without_conflicts(repo: pygit2.Repository, index: pygit2.Index, verb: str) -> str:
    paths = _conflicts(index)
    if paths:
        named = ", ".join(paths[:_NAMED_CONFLICTS]) + (", …" if len(paths) > _NAMED_CONFLICTS else "")
        raise Conflict(reason=f"These changes cannot be {verb} without conflicts in: {named}")
    with disk_full_as_storage_full(Path(repo.path)):
        return str(index.write_tree(repo))


def _conflicts(index: pygit2.Index) -> list[str]:
    if index.conflicts is None:
        return []
    return sorted({next(side.path for side in sides if side) for sides in index.conflicts})
