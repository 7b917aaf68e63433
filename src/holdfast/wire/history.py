"""What commits changed, and who wrote which line. Our own answers: the public Hub shows these as pages only."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from holdfast.wire.git_data import CommitItem


class DiffLineItem(TypedDict):
    """A line of a hunk; a number is null on the side that lacks it. `endsFile`: no newline behind it."""

    kind: Literal["context", "added", "removed"]
    old: int | None
    new: int | None
    text: str
    endsFile: NotRequired[bool]
    isCut: NotRequired[bool]


class HunkItem(TypedDict):
    """Changed lines with some around them; numbers count from 1."""

    oldStart: int
    oldLines: int
    newStart: int
    newLines: int
    lines: list[DiffLineItem]


class FilePatchItem(TypedDict):
    """A changed file. Sizes in bytes, null where a side does not exist; line counts null where not counted."""

    status: Literal["added", "deleted", "modified", "type-changed", "renamed"]
    path: str
    oldPath: str
    body: str
    oldSize: int | None
    newSize: int | None
    added: int | None
    removed: int | None
    hunks: list[HunkItem]


class CommitPatchesAnswer(TypedDict):
    """A commit with a page of its files. `truncated`: more files changed than are counted."""

    commit: CommitItem
    parents: list[str]
    fileCount: int
    truncated: bool
    files: list[FilePatchItem]


class BlameSpanItem(TypedDict):
    """Neighbouring lines of one commit, which is null when they are older than was looked at."""

    start: int
    lines: int
    commit: str | None


class BlameAnswer(TypedDict):
    """A file's lines by origin. `commits` holds every commit that the spans name."""

    path: str
    sha: str
    complete: bool
    spans: list[BlameSpanItem]
    commits: dict[str, CommitItem]
