"""Comparing two commits: which paths changed, git's raw listing of them, and a unified diff within limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice

import pygit2

from holdfast.hub.repos.git_storage.blob_facts import blob_facts
from holdfast.hub.repos.git_storage.commits import tree_of
from holdfast.hub.repos.git_storage.raw_trees import (
    EMPTY_TREE_OID,
    MODE_FOLDER,
    MODE_SUBMODULE,
    parse_entries,
    read_raw_tree,
    sort_key,
)

MAX_CHANGES = 20_000
MAX_DIFFED_FILE_BYTES = 512 * 1024
MAX_DIFF_BYTES = 4 * 1024 * 1024

_NOTHING = (b"000000", bytes(20))
_ZEROS = "0" * 40


class ChangeStatus(Enum):
    """git's letters."""

    ADDED = "A"
    DELETED = "D"
    MODIFIED = "M"
    TYPE_CHANGED = "T"
    RENAMED = "R"


@dataclass(frozen=True, slots=True)
class Change:
    """One path that differs. A side that does not exist has mode 0 and an oid of 40 zeros.

    `old_path` differs from `path` only for a renamed file, whose content is unchanged.
    """

    status: ChangeStatus
    path: str
    old_path: str
    old_mode: int
    new_mode: int
    old_oid: str
    new_oid: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changes in git's order; `truncated` when there are more than the limit."""

    changes: list[Change]
    truncated: bool


@dataclass(frozen=True, slots=True)
class UnifiedDiff:
    """Text as `git diff` prints it; `truncated` when whole files were left out for the limit."""

    text: str
    truncated: bool


def compare(
    repo: pygit2.Repository, old_commit: str | None, new_commit: str, *, limit: int = MAX_CHANGES
) -> Comparison:
    """What changed from one commit to another. `old_commit` None compares with nothing."""
    old_tree = tree_of(repo, old_commit) if old_commit else EMPTY_TREE_OID
    found = list(islice(_changes(repo, old_tree, tree_of(repo, new_commit)), limit + 1))
    return Comparison(_join_renames(found[:limit]), len(found) > limit)


def format_raw(changes: Sequence[Change], *, nul_terminated: bool = False) -> str:
    """The listing of `git diff --raw --no-abbrev`, or with `-z`: NUL instead of tab and newline, paths unquoted."""
    separator, end = ("\0", "\0") if nul_terminated else ("\t", "\n")
    return "".join(_raw_line(change, separator, end) for change in changes)


def unified_diff(
    repo: pygit2.Repository,
    changes: Sequence[Change],
    *,
    max_file_bytes: int = MAX_DIFFED_FILE_BYTES,
    max_bytes: int = MAX_DIFF_BYTES,
) -> UnifiedDiff:
    """The text of these changes; files beyond `max_file_bytes` are named but not shown."""
    parts: list[str] = []
    size_bytes = 0
    for change in changes:
        part = _patch(repo, change, max_file_bytes)
        size_bytes += len(part.encode())
        if size_bytes > max_bytes:
            return UnifiedDiff("".join(parts), truncated=True)
        parts.append(part)
    return UnifiedDiff("".join(parts), truncated=False)


def _changes(repo: pygit2.Repository, old_tree: str, new_tree: str) -> Iterator[Change]:
    """Depth first, entering only folders that differ. No recursion: pushed trees may be very deep."""
    stack = [(b"", _differing(repo, bytes.fromhex(old_tree), bytes.fromhex(new_tree)))]
    while stack:
        prefix, names = stack[-1]
        pair = next(names, None)
        if pair is None:
            stack.pop()
            continue
        name, old, new = pair
        if MODE_FOLDER in (old[0], new[0]):
            below = _differing(repo, old[1] if old[0] == MODE_FOLDER else b"", new[1] if new[0] == MODE_FOLDER else b"")
            stack.append((prefix + name + b"/", below))
        else:
            yield _change(prefix + name, old, new)


_Side = tuple[bytes, bytes]


def _differing(repo: pygit2.Repository, old_tree: bytes, new_tree: bytes) -> Iterator[tuple[bytes, _Side, _Side]]:
    """Names whose (mode, oid) differ, in git's order. A file and a folder of one name come as two."""
    old, new = _sides(repo, old_tree), _sides(repo, new_tree)
    keys = {key for key, _ in old.items() ^ new.items()}
    for key in sorted(keys):
        yield key.removesuffix(b"/"), old.get(key, _NOTHING), new.get(key, _NOTHING)


def _sides(repo: pygit2.Repository, tree: bytes) -> dict[bytes, _Side]:
    if not tree or tree.hex() == EMPTY_TREE_OID:
        return {}
    return {sort_key(name, mode): (mode, oid) for mode, name, oid in parse_entries(read_raw_tree(repo, tree))}


def _change(path: bytes, old: _Side, new: _Side) -> Change:
    text = path.decode("utf-8", "replace")
    return Change(_status(old[0], new[0]), text, text, int(old[0], 8), int(new[0], 8), old[1].hex(), new[1].hex())


def _status(old_mode: bytes, new_mode: bytes) -> ChangeStatus:
    if old_mode == _NOTHING[0]:
        return ChangeStatus.ADDED
    if new_mode == _NOTHING[0]:
        return ChangeStatus.DELETED
    same_type = old_mode[:2] == new_mode[:2]
    return ChangeStatus.MODIFIED if same_type else ChangeStatus.TYPE_CHANGED


def _join_renames(changes: list[Change]) -> list[Change]:
    """A deleted and an added file of the same content are one renamed file."""
    deleted = {change.old_oid: change for change in changes if change.status is ChangeStatus.DELETED}
    joined, taken = [], set()
    for change in changes:
        source = deleted.pop(change.new_oid, None) if change.status is ChangeStatus.ADDED else None
        if source is None:
            joined.append(change)
        else:
            taken.add(source.path)
            joined.append(
                Change(ChangeStatus.RENAMED, change.path, source.path, source.old_mode, change.new_mode,
                       source.old_oid, change.new_oid)
            )  # fmt: skip
    return [change for change in joined if not (change.status is ChangeStatus.DELETED and change.path in taken)]


def _raw_line(change: Change, separator: str, end: str) -> str:
    score = "100" if change.status is ChangeStatus.RENAMED else ""
    paths = [change.old_path, change.path] if score else [change.path]
    if separator == "\t":
        paths = [_quote(path) for path in paths]
    head = f":{change.old_mode:06o} {change.new_mode:06o} {change.old_oid} {change.new_oid}"
    return f"{head} {change.status.value}{score}{separator}{separator.join(paths)}{end}"


def _quote(path: str) -> str:
    """Git quotes a path that would break the line."""
    if not any(character in path for character in '\t\n"\\'):
        return path
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n")
    return f'"{escaped}"'


def _patch(repo: pygit2.Repository, change: Change, max_file_bytes: int) -> str:
    head = _patch_head(change)
    if change.old_oid == change.new_oid or MODE_SUBMODULE in (b"%o" % change.old_mode, b"%o" % change.new_mode):
        return head
    sizes = (blob_facts(repo, bytes.fromhex(oid)).size_bytes for oid in _present(change))
    if max(sizes) > max_file_bytes:
        return f"{head}Files differ and are too large to show\n"
    old, new = (repo[oid] if oid != _ZEROS else None for oid in (change.old_oid, change.new_oid))
    patch = pygit2.Patch.create_from(old, new, change.old_path, change.path)  # type: ignore[arg-type]
    body = patch.data.decode("utf-8", "replace") if patch else ""
    lines = body.splitlines(keepends=True)
    first = next((number for number, line in enumerate(lines) if line.startswith(("--- ", "Binary "))), len(lines))
    return head + "".join(lines[first:])


def _present(change: Change) -> list[str]:
    return [oid for oid in (change.old_oid, change.new_oid) if oid != _ZEROS]


def _patch_head(change: Change) -> str:
    lines = [f"diff --git {_quote(f'a/{change.old_path}')} {_quote(f'b/{change.path}')}"]
    if change.status is ChangeStatus.ADDED:
        lines.append(f"new file mode {change.new_mode:06o}")
    elif change.status is ChangeStatus.DELETED:
        lines.append(f"deleted file mode {change.old_mode:06o}")
    elif change.old_mode != change.new_mode:
        lines += [f"old mode {change.old_mode:06o}", f"new mode {change.new_mode:06o}"]
    if change.status is ChangeStatus.RENAMED:
        lines += ["similarity index 100%", f"rename from {_quote(change.old_path)}", f"rename to {_quote(change.path)}"]
    if change.old_oid != change.new_oid:
        mode = f" {change.new_mode:06o}" if change.old_mode == change.new_mode else ""
        lines.append(f"index {change.old_oid[:10]}..{change.new_oid[:10]}{mode}")
    return "\n".join(lines) + "\n"
