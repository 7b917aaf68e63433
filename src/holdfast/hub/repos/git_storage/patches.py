"""What a commit did to each file, line by line and within limits: what a page can show of a difference.

The text that `git apply` takes is made in `diffs`; here are the same changes as values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import pygit2

from holdfast.hub.repos.git_storage.blob_facts import BlobFacts, blob_facts
from holdfast.hub.repos.git_storage.diffs import MAX_DIFFED_FILE_BYTES, Change
from holdfast.hub.repos.git_storage.raw_trees import MODE_SUBMODULE

MAX_FILE_LINES = 1_000
"""Of a file with more changed lines only their number is told."""
MAX_PAGE_LINES = 2_000
"""A page of changes ends with the file that reaches this."""
MAX_LINE_CHARACTERS = 2_000
"""What is longer is cut: minified files hold everything in one line."""

_ZEROS = "0" * 40
_SUBMODULE = int(MODE_SUBMODULE, 8)


class LineKind(Enum):
    """The value is git's mark."""

    CONTEXT = " "
    ADDED = "+"
    REMOVED = "-"


class PatchBody(Enum):
    """What there is to see of a changed file. The value is the API's word."""

    TEXT = "text"
    BINARY = "binary"
    LARGE = "large"
    """A stored object, before or after: only its size and hash are known to git."""
    TOO_LONG = "too-long"
    UNCHANGED = "unchanged"
    """Only its name or mode is another."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line, without its end. A side's number is None where it does not have the line.

    `ends_file` marks a last line that no newline ends, `is_cut` one of which only the start is here.
    """

    kind: LineKind
    old_number: int | None
    new_number: int | None
    text: str
    ends_file: bool = False
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines that changed, with three lines around; numbers count from 1."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True, slots=True)
class FilePatch:
    """One changed file.

    Args:
        change: which file, and how.
        body: what there is to see; `hunks` are empty unless it is text.
        old_size_bytes: of the content, also of a large file's; None where the side does not exist.
        added: lines, None where lines were not counted; `removed` likewise.
    """

    change: Change
    body: PatchBody
    old_size_bytes: int | None
    new_size_bytes: int | None
    added: int | None = None
    removed: int | None = None
    hunks: tuple[Hunk, ...] = ()


def read_patches(
    repo: pygit2.Repository, changes: Sequence[Change], *, max_lines: int = MAX_PAGE_LINES
) -> Iterator[FilePatch]:
    """The first changes with their lines, up to the one with which `max_lines` are told."""
    left = max_lines
    for change in changes:
        patch = _read(repo, change)
        left -= sum(len(hunk.lines) for hunk in patch.hunks)
        yield patch
        if left <= 0:
            return


def _read(repo: pygit2.Repository, change: Change) -> FilePatch:
    old, new = _facts(repo, change.old_oid, change.old_mode), _facts(repo, change.new_oid, change.new_mode)
    patch = FilePatch(change, PatchBody.UNCHANGED, _size(old), _size(new))
    if change.old_oid == change.new_oid or _SUBMODULE in (change.old_mode, change.new_mode):
        return patch
    present = [facts for facts in (old, new) if facts is not None]
    if any(facts.lfs for facts in present):
        return replace(patch, body=PatchBody.LARGE)
    if max(facts.size_bytes for facts in present) > MAX_DIFFED_FILE_BYTES:
        return replace(patch, body=PatchBody.TOO_LONG)
    return _with_lines(repo, patch)


def _with_lines(repo: pygit2.Repository, patch: FilePatch) -> FilePatch:
    change = patch.change
    old, new = (repo[oid] if oid != _ZEROS else None for oid in (change.old_oid, change.new_oid))
    found = pygit2.Patch.create_from(old, new, change.old_path, change.path)  # type: ignore[arg-type]
    if found.delta.is_binary:
        return replace(patch, body=PatchBody.BINARY)
    context, added, removed = found.line_stats
    if context + added + removed > MAX_FILE_LINES:
        return replace(patch, body=PatchBody.TOO_LONG, added=added, removed=removed)
    hunks = tuple(_hunk(hunk) for hunk in found.hunks)
    return replace(patch, body=PatchBody.TEXT, added=added, removed=removed, hunks=hunks)


def _hunk(hunk: pygit2.DiffHunk) -> Hunk:
    lines: list[DiffLine] = []
    for line in hunk.lines:
        if line.origin in "=<>":  # git's `\ No newline at end of file`
            lines[-1] = replace(lines[-1], ends_file=True)
        else:
            lines.append(_line(line))
    return Hunk(hunk.old_start, hunk.old_lines, hunk.new_start, hunk.new_lines, tuple(lines))


def _line(line: pygit2.DiffLine) -> DiffLine:
    text = line.raw_content.decode("utf-8", "replace").rstrip("\r\n")
    return DiffLine(
        LineKind(line.origin),
        line.old_lineno if line.old_lineno > 0 else None,
        line.new_lineno if line.new_lineno > 0 else None,
        text[:MAX_LINE_CHARACTERS],
        is_cut=len(text) > MAX_LINE_CHARACTERS,
    )


def _facts(repo: pygit2.Repository, oid: str, mode: int) -> BlobFacts | None:
    return None if oid == _ZEROS or mode == _SUBMODULE else blob_facts(repo, bytes.fromhex(oid))


def _size(facts: BlobFacts | None) -> int | None:
    if facts is None:
        return None
    return facts.lfs.size_bytes if facts.lfs else facts.size_bytes
