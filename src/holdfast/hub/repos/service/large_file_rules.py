"""Keeps `.gitattributes` true: what a commit stores as a large file, git must fetch as one.

Without a rule for its path, `git clone` would leave the pointer in the work tree and take it for the file. A client
that commits through the API knows no git and adds no rule, so the commit gets one, as on the public Hub.
"""

from __future__ import annotations

from collections.abc import Iterable

import pygit2

from holdfast.base.errors import TooLarge
from holdfast.hub.repos.git_storage.blobs import read_blob
from holdfast.hub.repos.git_storage.edits import PutBlob, apply_edits
from holdfast.hub.repos.git_storage.object_writer import ObjectWriter
from holdfast.hub.repos.git_storage.trees import EntryKind, TreeEntry, find_entry
from holdfast.hub.repos.metadata.git_files import MAX_FILE_BYTES, Attributes
from holdfast.hub.repos.metadata.upload_mode import add_large_file_rules

GITATTRIBUTES = ".gitattributes"


def with_large_file_rules(git: pygit2.Repository, old_tree_oid: str, tree_oid: str, paths: Iterable[str]) -> str:
    """The new tree with a rule in `.gitattributes` for each of these large files that has none; often the same tree.

    Rules for single files that the new `.gitattributes` dropped come back where the files are still large ones: clients
    send their own `.gitattributes` again without knowing of them. A file that nobody could have meant for rules (a
    folder, a symlink, a large file) stays as it is, and so does one that would become too long to be read.
    """
    old, new = (find_entry(git, oid, GITATTRIBUTES) for oid in (old_tree_oid, tree_oid))
    if new is not None and not _is_rules_file(new):
        return tree_oid
    text = b"" if new is None else read_blob(git, new.oid)
    try:
        dropped = () if old == new else _dropped_paths(git, old, tree_oid)
        amended = add_large_file_rules(text, [*dropped, *paths])
    except TooLarge:
        return tree_oid
    if amended == text:
        return tree_oid
    with ObjectWriter(git) as writer:
        return apply_edits(git, tree_oid, [PutBlob(GITATTRIBUTES, writer.write_blob(amended))], writer).oid


def _dropped_paths(git: pygit2.Repository, old: TreeEntry | None, tree_oid: str) -> list[str]:
    if old is None or not _is_rules_file(old):
        return []
    named = Attributes(read_blob(git, old.oid).decode("utf-8", "replace")).lfs_paths()
    return [path for path in named if (entry := find_entry(git, tree_oid, path)) and entry.lfs]


def _is_rules_file(entry: TreeEntry) -> bool:
    is_plain = entry.kind is EntryKind.FILE and entry.lfs is None and entry.mode in (0o100644, 0o100755)
    return is_plain and (entry.size_bytes or 0) <= MAX_FILE_BYTES
