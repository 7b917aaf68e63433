"""How much a folder holds: the bytes that downloading all of it delivers."""

from __future__ import annotations

import pygit2

from holdfast.hub.repos.git_storage.blob_facts import blob_facts
from holdfast.hub.repos.git_storage.bounded_cache import BoundedCache
from holdfast.hub.repos.git_storage.raw_trees import (
    MODE_FOLDER,
    MODE_SUBMODULE,
    MODE_SYMLINK,
    RawEntry,
    parse_entries,
    read_raw_tree,
)

_sizes: BoundedCache[bytes, int] = BoundedCache(100_000)
"""By 20-byte oid of the tree, for all repos: an oid names its content. After a commit only changed folders are new."""


def folder_size(repo: pygit2.Repository, tree_oid: str) -> int:
    """Bytes of all files below a tree, large files in their full size; submodules count nothing.

    Raises:
        KeyError: an object is missing: the repo is damaged.
    """
    root = bytes.fromhex(tree_oid)
    sizes: dict[bytes, int] = {}
    ahead = [root]
    while ahead:
        tree = ahead[-1]
        known = _sizes.get(tree)
        entries = parse_entries(read_raw_tree(repo, tree.hex())) if known is None else []
        unknown = {oid for mode, _, oid in entries if mode == MODE_FOLDER and oid not in sizes}
        if unknown:
            ahead += unknown
            continue
        ahead.pop()
        sizes[tree] = sum(_size(repo, entry, sizes) for entry in entries) if known is None else known
        _sizes.put(tree, sizes[tree])
    return sizes[root]


def _size(repo: pygit2.Repository, entry: RawEntry, folders: dict[bytes, int]) -> int:
    mode, _, oid = entry
    if mode == MODE_FOLDER:
        return folders[oid]
    if mode == MODE_SUBMODULE:
        return 0
    facts = blob_facts(repo, oid)
    return facts.lfs.size_bytes if facts.lfs and mode != MODE_SYMLINK else facts.size_bytes
