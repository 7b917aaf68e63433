"""Where large files are, or were: one path and one ref for each, of the many that history may hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pygit2
from pygit2.enums import SortMode

from holdfast.hub.repos.git_storage.blob_facts import blob_facts
from holdfast.hub.repos.git_storage.raw_trees import (
    MODE_FOLDER,
    is_file,
    parse_entries,
    read_raw_tree,
)
from holdfast.hub.repos.git_storage.refs import Ref


@dataclass(frozen=True, slots=True)
class LargeFilePlace:
    """A path at which some commit that `ref` reaches has the file."""

    path: str
    ref: Ref


def find_large_files(repo: pygit2.Repository, refs: Sequence[Ref]) -> dict[str, LargeFilePlace]:
    """SHA-256 → place of every large file in the history of `refs`; earlier refs and newer commits come first.

    Each commit, tree and blob is looked at once, however many refs, commits and folders share it.

    Raises:
        KeyError: an object is missing: the repo is damaged.
    """
    places: dict[str, LargeFilePlace] = {}
    seen: set[bytes] = set()
    for position, ref in enumerate(refs):
        for root in _root_trees(repo, ref, refs[:position]):
            for path, oid in _new_files(repo, root, seen):
                lfs = blob_facts(repo, oid).lfs
                if lfs and lfs.sha256 not in places:
                    places[lfs.sha256] = LargeFilePlace(path.decode("utf-8", "replace"), ref)
    return places


def _root_trees(repo: pygit2.Repository, ref: Ref, others: Sequence[Ref]) -> Iterator[bytes]:
    """Of the commits that `ref` reaches and the others don't, newest first."""
    walker = repo.walk(ref.target, SortMode.TIME)
    for other in others:
        walker.hide(other.target)
    for commit in walker:
        yield commit.tree_id.raw


def _new_files(repo: pygit2.Repository, root: bytes, seen: set[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Path and oid of the files below a tree that are not in `seen`, which gets them."""
    ahead = [(b"", root)]
    while ahead:
        prefix, tree = ahead.pop()
        if tree in seen:
            continue
        seen.add(tree)
        for mode, name, oid in parse_entries(read_raw_tree(repo, tree)):
            if mode == MODE_FOLDER:
                ahead.append((prefix + name + b"/", oid))
            elif is_file(mode) and oid not in seen:
                seen.add(oid)
                yield prefix + name, oid
