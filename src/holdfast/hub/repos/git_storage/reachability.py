"""Which large files a repo still needs: the LFS pointers in all trees of all commits that any ref reaches."""

from __future__ import annotations

from collections.abc import Iterator

import pygit2
from pygit2.enums import SortMode

from holdfast.hub.repos.git_storage.blob_facts import blob_facts
from holdfast.hub.repos.git_storage.pointers import LfsPointer
from holdfast.hub.repos.git_storage.raw_trees import (
    MODE_FOLDER,
    RawEntry,
    is_file,
    parse_entries,
    read_raw_tree,
)


def reachable_lfs_pointers(repo: pygit2.Repository) -> Iterator[LfsPointer]:
    """Every pointer that any ref reaches, at any commit, once for each blob.

    Each tree and blob is looked at once, however many commits share it.

    Raises:
        KeyError: an object is missing. Whoever deletes by this list must stop then.
    """
    for mode, _, oid in _reachable_files(repo):
        if is_file(mode):
            lfs = blob_facts(repo, oid).lfs
            if lfs:
                yield lfs


def _reachable_files(repo: pygit2.Repository) -> Iterator[RawEntry]:
    """Entries of all reachable trees without repetition: `seen` holds trees and files alike."""
    seen: set[bytes] = set()
    for root in _root_trees(repo):
        ahead = [] if root in seen else [root]
        seen.add(root)
        while ahead:
            for entry in parse_entries(read_raw_tree(repo, ahead.pop())):
                mode, _, oid = entry
                if oid in seen:
                    continue
                seen.add(oid)
                if mode == MODE_FOLDER:
                    ahead.append(oid)
                else:
                    yield entry


def _root_trees(repo: pygit2.Repository) -> Iterator[bytes]:
    """Roots of all commits that refs of any kind reach, and trees or blobs that a ref tags directly."""
    walker = repo.walk(None, SortMode.NONE)
    for reference in repo.listall_reference_objects():
        target = repo[reference.resolve().target]
        while isinstance(target, pygit2.Tag):
            target = target.get_object()
        if isinstance(target, pygit2.Commit):
            walker.push(target.id)
        elif isinstance(target, pygit2.Tree):
            yield target.id.raw
    for commit in walker:
        yield commit.tree_id.raw
