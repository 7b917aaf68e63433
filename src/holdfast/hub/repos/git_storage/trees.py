"""Reading trees: one entry, or a page of them with sizes. Never loads more of the repo than it returns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import chain, islice
from urllib.parse import quote_from_bytes, unquote_to_bytes

import pygit2

from holdfast.base.errors import EntryNotFound
from holdfast.hub.repos.git_storage.blob_facts import blob_facts
from holdfast.hub.repos.git_storage.pointers import LfsPointer
from holdfast.hub.repos.git_storage.raw_trees import (
    EMPTY_TREE_OID,
    MODE_FOLDER,
    MODE_SUBMODULE,
    MODE_SYMLINK,
    RawEntry,
    iterate_entries,
    read_raw_tree,
    sort_key,
)

_Item = tuple[bytes, bytes, bytes]
"""(mode, full path, 20-byte oid)."""

_NO_FILES = (MODE_FOLDER, MODE_SUBMODULE)


class EntryKind(Enum):
    """The value is the API's word."""

    FILE = "file"
    DIRECTORY = "directory"


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """A file or directory at a commit.

    Args:
        path: from the root of the repo; bytes that are not UTF-8 show as U+FFFD.
        oid: 40 hex digits of the blob or tree.
        size_bytes: of the blob (of the pointer, for a large file); None for a directory.
        mode: git's, e.g. 0o100644.
        lfs: the large file behind the blob; None for a regular file or directory.
    """

    path: str
    kind: EntryKind
    oid: str
    size_bytes: int | None
    mode: int
    lfs: LfsPointer | None

    @property
    def file_size_bytes(self) -> int | None:
        """What a download delivers: of the large file where there is one; None for a directory."""
        return self.lfs.size_bytes if self.lfs else self.size_bytes


@dataclass(frozen=True, slots=True)
class TreePage:
    """Some entries in git's order; `next_cursor` None means that these are the last ones."""

    entries: list[TreeEntry]
    next_cursor: str | None


def find_entry(repo: pygit2.Repository, tree_oid: str, path: str) -> TreeEntry | None:
    """The entry at `path` below the tree, or None. A trailing slash is ignored; the empty path is the root itself."""
    path = path.strip("/")
    if not path:
        return TreeEntry("", EntryKind.DIRECTORY, tree_oid, None, int(MODE_FOLDER, 8), None)
    found = None if tree_oid == EMPTY_TREE_OID or "\0" in path else _look_up(repo, tree_oid, path)
    if found is None:
        return None
    mode = b"%o" % int(found.filemode)
    if mode == MODE_SUBMODULE:
        return None
    return _describe(repo, (mode, path.encode(), found.id.raw))


def _look_up(repo: pygit2.Repository, tree_oid: str, path: str) -> pygit2.Object | None:
    try:
        path.encode()  # pygit2 gives lone surrogates a TypeError, as if the path were no text
        return repo[tree_oid][path]  # type: ignore[index, no-any-return]
    except (KeyError, ValueError):
        return None


def get_entry(repo: pygit2.Repository, tree_oid: str, path: str) -> TreeEntry:
    """The entry at `path` below the tree.

    Raises:
        EntryNotFound: nothing there.
    """
    entry = find_entry(repo, tree_oid, path)
    if entry is None:
        raise EntryNotFound(path=path)
    return entry


def list_entries(
    repo: pygit2.Repository,
    tree_oid: str,
    path: str = "",
    *,
    recursive: bool = False,
    after: str | None = None,
    limit: int = 1000,
) -> TreePage:
    """One page of what a folder holds: its directories, each before what it holds, then its files, each in git's order.

    Source: huggingface_hub 0.36 tests/test_hf_file_system.py, which takes the first entry for a directory.

    Submodules are left out: nothing of theirs is stored here.

    Args:
        repo: the repo.
        tree_oid: the root tree of a commit.
        path: the folder; empty for the root.
        recursive: also list what its folders hold.
        after: `next_cursor` of the page before; None for the first page.
        limit: entries per page.

    Raises:
        EntryNotFound: `path` is no folder.
    """
    folder = get_entry(repo, tree_oid, path)
    if folder.kind is not EntryKind.DIRECTORY:
        raise EntryNotFound(path=path)
    prefix = f"{folder.path}/".encode() if folder.path else b""
    cursor = unquote_to_bytes(after) if after else b""
    below = cursor[len(prefix) :] if cursor.startswith(prefix) else b""
    items = list(islice(_walk(repo, folder.oid, prefix, below, recursive=recursive), limit + 1))
    page = [_describe(repo, item) for item in items[:limit]]
    return TreePage(page, _cursor_of(items[limit - 1]) if len(items) > limit else None)


def _cursor_of(item: _Item) -> str:
    mode, path, _ = item
    return quote_from_bytes(sort_key(path, mode))


def _walk(repo: pygit2.Repository, oid: str, prefix: bytes, after: bytes, *, recursive: bool) -> Iterator[_Item]:
    """Entries behind `after`, a path below `prefix` that ends with a slash when it was a folder."""
    stack = [(prefix, _entries_from(repo, oid, after), after)]
    while stack:
        prefix, entries, after = stack.pop()
        for mode, name, raw_oid in entries:
            inside, after = _rest_of_cursor(after, name, mode), b""
            if inside is None:
                yield mode, prefix + name, raw_oid
            if recursive and mode == MODE_FOLDER:
                stack.append((prefix, entries, b""))
                stack.append((prefix + name + b"/", _entries_from(repo, raw_oid, inside or b""), inside or b""))
                break


def _rest_of_cursor(after: bytes, name: bytes, mode: bytes) -> bytes | None:
    """What of the cursor lies below this folder; None when the entry comes behind the cursor itself."""
    if mode == MODE_FOLDER and after.startswith(name + b"/"):
        return after[len(name) + 1 :]
    return None


def _entries_from(repo: pygit2.Repository, oid: str | bytes, after: bytes) -> Iterator[RawEntry]:
    """The entries of one folder behind `after`; a folder that `after` leads into comes again, to be gone on with."""
    raw = read_raw_tree(repo, oid)
    head, slash, _ = after.partition(b"/")
    first = head + slash
    if slash or not after:
        folders = (entry for entry in iterate_entries(raw) if entry[0] == MODE_FOLDER)
        files = (entry for entry in iterate_entries(raw) if entry[0] not in _NO_FILES)
        return chain((entry for entry in folders if sort_key(entry[1], entry[0]) >= first), files)
    return (entry for entry in iterate_entries(raw) if entry[0] not in _NO_FILES and entry[1] > first)


def _describe(repo: pygit2.Repository, item: _Item) -> TreeEntry:
    mode, raw_path, raw_oid = item
    path = raw_path.decode("utf-8", "replace")
    if mode == MODE_FOLDER:
        return TreeEntry(path, EntryKind.DIRECTORY, raw_oid.hex(), None, int(mode, 8), None)
    size_bytes, lfs = blob_facts(repo, raw_oid)
    return TreeEntry(
        path, EntryKind.FILE, raw_oid.hex(), size_bytes, int(mode, 8), None if mode == MODE_SYMLINK else lfs
    )
