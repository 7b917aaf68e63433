"""Forgetting a branch's history: one commit with the same tree takes its place."""

from __future__ import annotations

import pygit2

from holdfast.base.errors import RevisionNotFound
from holdfast.hub.repos.git_storage.commits import Author, create_commit, tree_of
from holdfast.hub.repos.git_storage.refs import read_ref, update_ref


def super_squash(repo: pygit2.Repository, full_name: str, author: Author, summary: str) -> str:
    """Replace all commits of a ref by a single one without parents and return its oid. Call with the repo locked.

    Other refs keep the old commits, if they reach them.

    Raises:
        RevisionNotFound: there is no such ref.
        StorageFull: the ref stays as it was.
    """
    tip = read_ref(repo, full_name)
    if tip is None:
        raise RevisionNotFound(revision=full_name)
    oid = create_commit(repo, tree_of(repo, tip), [], author, summary)
    update_ref(repo, full_name, oid, tip)
    return oid
