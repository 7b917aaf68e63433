"""Tree objects as git stores them: `mode SP name NUL oid` for each entry, sorted.

Taking them apart here costs a third of what an object per entry would, and names that are not UTF-8 pass unharmed.
Trees that old programs wrote may pad modes with zeros, or have others than git's own: both are read, as git does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pygit2
from pygit2.enums import ObjectType

MODE_FILE = b"100644"
MODE_EXECUTABLE = b"100755"
MODE_SYMLINK = b"120000"
MODE_FOLDER = b"40000"
MODE_SUBMODULE = b"160000"

EMPTY_TREE_OID = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

_NO_FILES = frozenset({MODE_FOLDER, MODE_SYMLINK, MODE_SUBMODULE})

_ENTRY = re.compile(rb"0*([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)

_RECORD = re.compile(rb"0*([0-7]+ ([^\0]+)\0.{20})", re.DOTALL)

RawEntry = tuple[bytes, bytes, bytes]
"""(mode, name, 20-byte oid). Modes come without padding: a folder's is `40000`."""


def read_raw_tree(repo: pygit2.Repository, oid: str | bytes) -> bytes:
    """The tree's bytes. `oid` is 40 hex digits or 20 bytes."""
    if oid == EMPTY_TREE_OID:
        return b""  # needs no object to exist
    return read_object(repo, oid, ObjectType.TREE)


def read_object(repo: pygit2.Repository, oid: str | bytes, kind: ObjectType) -> bytes:
    """Read an object that must be there.

    Raises:
        KeyError: it is missing or of another kind: the repo is damaged.
    """
    found, content = repo.odb.read(oid if isinstance(oid, str) else oid.hex())
    if found != kind:
        raise KeyError(f"{oid!r} is a {ObjectType(found).name}, not a {kind.name}")
    return content


def parse_entries(raw_tree: bytes) -> list[RawEntry]:
    """All entries, in git's order."""
    return _ENTRY.findall(raw_tree)


def iterate_entries(raw_tree: bytes) -> Iterator[RawEntry]:
    """The entries one by one, for readers that stop early."""
    return (match.groups() for match in _ENTRY.finditer(raw_tree))  # type: ignore[misc]


def is_file(mode: bytes) -> bool:
    """True for regular files: also those whose mode is no longer written, such as 100664."""
    return mode not in _NO_FILES


def sort_key(name: bytes, mode: bytes) -> bytes:
    """Git sorts a folder as if its name ended with a slash."""
    return name + b"/" if mode == MODE_FOLDER else name


def parse_records(raw_tree: bytes) -> dict[bytes, bytes]:
    """Each entry's bytes by its name: what an edit mostly passes on as it is."""
    return {name: record for record, name in _RECORD.findall(raw_tree)}


def make_record(mode: bytes, name: bytes, oid: bytes) -> bytes:
    """One entry's bytes. `oid` has 20."""
    return b"%b %b\0%b" % (mode, name, oid)


def record_mode(record: bytes) -> bytes:
    """The mode of an entry."""
    return record[: record.index(b" ")]


def record_oid(record: bytes) -> bytes:
    """The 20-byte oid of an entry."""
    return record[-20:]


def join_records(records: dict[bytes, bytes]) -> bytes:
    """Write a tree from its entries' bytes by name."""
    folder = MODE_FOLDER[0]
    ordered = [(name + b"/", record) if record[0] == folder else (name, record) for name, record in records.items()]
    ordered.sort()
    return b"".join([record for _, record in ordered])
