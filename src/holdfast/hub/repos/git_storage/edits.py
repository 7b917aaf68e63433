"""Making a new tree out of an old one. Costs the folders that are touched, however large the repo is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pygit2
from pygit2.enums import ObjectType

from holdfast.base.errors import EntryNotFound, InvalidInput, InvalidPath, NothingToDelete
from holdfast.base.ids import check_repo_path
from holdfast.hub.repos.git_storage.object_writer import ObjectWriter
from holdfast.hub.repos.git_storage.raw_trees import (
    EMPTY_TREE_OID,
    MODE_FOLDER,
    join_records,
    make_record,
    parse_records,
    read_raw_tree,
    record_mode,
    record_oid,
)
from holdfast.hub.repos.git_storage.trees import EntryKind, find_entry

MAX_FOLDER_ENTRIES = 100_000
"""Every commit rewrites the folders that it touches: at this size that is 4 MB each time."""
CROWDED_FOLDER_ENTRIES = 10_000
MAX_FOLDER_DEPTH = 200
_NOT_WRITTEN = bytes(20)


@dataclass(frozen=True)
class PutBlob:
    """Put a blob that is stored already at `path`, in place of the file there, if any. `mode` as in git."""

    path: str
    oid: str
    mode: int = 0o100644


@dataclass(frozen=True)
class DeleteEntry:
    """Remove the file or folder at `path`; a trailing slash is ignored."""

    path: str


@dataclass(frozen=True)
class CopyEntry:
    """Put at `path` the file or folder that `source_path` named before all edits.

    `source_tree_oid` is the root tree to look in, of this same repo; None means the tree being edited.
    """

    path: str
    source_path: str
    source_tree_oid: str | None = None


Edit = PutBlob | DeleteEntry | CopyEntry


@dataclass(frozen=True)
class EditedTree:
    """`oid` of the new root; `crowded_folders` hold more entries than is quick to commit to."""

    oid: str
    crowded_folders: tuple[str, ...]


@dataclass
class _Folder:
    """A folder being edited: its entries' bytes by name, and those subfolders that are edited too."""

    path: str
    entries: dict[bytes, bytes] = field(default_factory=dict)
    subfolders: dict[bytes, _Folder] = field(default_factory=dict)
    entries_before: int = 0


def apply_edits(
    repo: pygit2.Repository, base_tree_oid: str | None, edits: Iterable[Edit], writer: ObjectWriter
) -> EditedTree:
    """Apply the edits one after the other and write the trees that changed.

    Folders that become empty disappear. Later edits see the effect of earlier ones.

    Args:
        repo: the repo.
        base_tree_oid: root tree to start from; None for an empty one.
        edits: what to change.
        writer: receives the new trees; they exist once its `with` block has ended.

    Raises:
        InvalidPath: a path that nobody may use, or a file where a folder would have to be, or the reverse.
        NothingToDelete: a DeleteEntry that finds nothing.
        EntryNotFound: a CopyEntry whose source does not exist.
        InvalidInput: a folder would grow beyond MAX_FOLDER_ENTRIES.
    """
    base = base_tree_oid or EMPTY_TREE_OID
    root = _load(repo, "", base)
    for edit in edits:
        if isinstance(edit, DeleteEntry):
            _delete(repo, root, edit.path)
        elif isinstance(edit, CopyEntry):
            _copy(repo, root, edit, base)
        else:
            _put(repo, root, edit.path, b"%o" % edit.mode, edit.oid)
    crowded: list[str] = []
    oid = _write(root, writer, crowded) or writer.write(ObjectType.TREE, b"")
    return EditedTree(oid.hex(), tuple(crowded))


def _load(repo: pygit2.Repository, path: str, oid: str | bytes) -> _Folder:
    entries = parse_records(read_raw_tree(repo, oid))
    return _Folder(path, entries, entries_before=len(entries))


def _put(repo: pygit2.Repository, root: _Folder, path: str, mode: bytes, oid: str) -> None:
    folder, name = _parent(repo, root, path)
    there = record_mode(folder.entries[name]) if name in folder.entries else mode
    if (there == MODE_FOLDER) != (mode == MODE_FOLDER):
        raise InvalidPath(problem=f"a {'folder' if there == MODE_FOLDER else 'file'} has that name: {path!r}")
    folder.subfolders.pop(name, None)
    folder.entries[name] = make_record(mode, name, bytes.fromhex(oid))


def _copy(repo: pygit2.Repository, root: _Folder, edit: CopyEntry, base: str) -> None:
    source = find_entry(repo, edit.source_tree_oid or base, edit.source_path)
    if source is None or not source.path:
        raise EntryNotFound(path=edit.source_path)
    mode = MODE_FOLDER if source.kind is EntryKind.DIRECTORY else b"%o" % source.mode
    _put(repo, root, edit.path, mode, source.oid)


def _delete(repo: pygit2.Repository, root: _Folder, path: str) -> None:
    """Remove the entry, and then every folder above that is left empty."""
    segments = _segments(path.rstrip("/"))
    folders = [root]
    for segment in segments[:-1]:
        if not _has_folder(folders[-1], segment):
            raise NothingToDelete(path=path)
        folders.append(_subfolder(repo, folders[-1], segment))
    if segments[-1] not in folders[-1].entries:
        raise NothingToDelete(path=path)
    for folder, name in zip(reversed(folders), reversed(segments), strict=True):
        del folder.entries[name]
        folder.subfolders.pop(name, None)
        if folder.entries:
            break


def _has_folder(folder: _Folder, name: bytes) -> bool:
    return name in folder.entries and record_mode(folder.entries[name]) == MODE_FOLDER


def _segments(path: str) -> list[bytes]:
    segments = check_repo_path(path).encode().split(b"/")
    if len(segments) > MAX_FOLDER_DEPTH:
        raise InvalidPath(problem=f"lies in more than {MAX_FOLDER_DEPTH} folders: {path[:200]!r}")
    return segments


def _parent(repo: pygit2.Repository, root: _Folder, path: str) -> tuple[_Folder, bytes]:
    """The folder that holds `path`, made where it is missing, and the last segment."""
    *above, name = _segments(path)
    folder = root
    for segment in above:
        if segment not in folder.entries:
            folder.entries[segment] = make_record(MODE_FOLDER, segment, _NOT_WRITTEN)
        if not _has_folder(folder, segment):
            raise InvalidPath(problem=f"a file has the name of one of its folders: {path!r}")
        folder = _subfolder(repo, folder, segment)
    return folder, name


def _subfolder(repo: pygit2.Repository, folder: _Folder, name: bytes) -> _Folder:
    if name not in folder.subfolders:
        path = f"{folder.path}/{name.decode()}".lstrip("/")
        oid = record_oid(folder.entries[name])
        folder.subfolders[name] = _Folder(path) if oid == _NOT_WRITTEN else _load(repo, path, oid)
    return folder.subfolders[name]


def _write(folder: _Folder, writer: ObjectWriter, crowded: list[str]) -> bytes | None:
    """Write the folder's tree, those below it first; None when there is nothing in it."""
    for name, subfolder in folder.subfolders.items():
        oid = _write(subfolder, writer, crowded)
        if oid is None:
            del folder.entries[name]
        else:
            folder.entries[name] = make_record(MODE_FOLDER, name, oid)
    if not folder.entries:
        return None
    _check_size(folder, crowded)
    return writer.write(ObjectType.TREE, join_records(folder.entries))


def _check_size(folder: _Folder, crowded: list[str]) -> None:
    count = len(folder.entries)
    if count > CROWDED_FOLDER_ENTRIES:
        crowded.append(folder.path)
    if count > MAX_FOLDER_ENTRIES and count > folder.entries_before:
        raise InvalidInput(
            field="path",
            problem=f"puts more than {MAX_FOLDER_ENTRIES} entries into the folder {folder.path or '/'!r}; "
            "please spread them over several folders",
        )
