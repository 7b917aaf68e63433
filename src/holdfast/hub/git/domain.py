"""What a push proposes, and the rules that need nothing but the proposal. No I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

MAX_REF_UPDATES = 10_000
MAX_BLOB_BYTES = 10 * 1024 * 1024
"""What must not be inside git: clones carry every version of it for ever. Source: the public Hub's limit."""
MAX_PATH_BYTES = 4096
MAX_FOLDER_ENTRIES = 100_000
MAX_NEW_OBJECTS = 2_000_000
MAX_LISTED = 20

HEADS = "refs/heads/"
TAGS = "refs/tags/"
PULL_REQUESTS = "refs/pr/"

_PULL_REQUEST = re.compile(r"refs/pr/[1-9][0-9]{0,8}")
_NOTHING = "0" * 40


class PushRefused(Exception):
    """A push that breaks a rule. The text is shown to the user by git, line by line."""


class RefUpdate(NamedTuple):
    """One ref of a push. `old_oid` None means that it is new, `new_oid` None that it is to be deleted."""

    old_oid: str | None
    new_oid: str | None
    name: str


class NewObject(NamedTuple):
    """An object that a push brings. `path` is where it was first met, empty for commits and root trees."""

    oid: str
    kind: str
    size_bytes: int
    path: bytes

    @property
    def shown_path(self) -> str:
        """For messages."""
        return self.path.decode("utf-8", "replace")[:200] or "/"


@dataclass(frozen=True)
class Proposal:
    """What git asks at its pre-receive hook. `quarantine` holds the new objects; None when there are none."""

    updates: tuple[RefUpdate, ...]
    quarantine: Path | None

    @property
    def tips(self) -> tuple[str, ...]:
        """The oids to which refs shall move."""
        return tuple(update.new_oid for update in self.updates if update.new_oid is not None)


def parse_proposal(text: bytes) -> Proposal:
    """Read what the hook sends: the quarantine's folder, then git's lines `old new ref`.

    Raises:
        PushRefused: more refs than a push may move.
    """
    folder, *lines = text.decode("utf-8", "replace").split("\n")
    updates = tuple(_parse_update(line) for line in lines if line)
    if len(updates) > MAX_REF_UPDATES:
        raise PushRefused(f"A push may change {MAX_REF_UPDATES} refs; this one changes {len(updates)}.")
    return Proposal(updates, Path(folder) if folder else None)


def _parse_update(line: str) -> RefUpdate:
    old_oid, new_oid, name = line.split(" ", 2)
    return RefUpdate(_oid(old_oid), _oid(new_oid), name)


def _oid(word: str) -> str | None:
    return None if word == _NOTHING else word


def check_ref(update: RefUpdate, default_ref: str) -> None:
    """Refuse refs that no push may touch.

    Raises:
        PushRefused: neither branch, tag nor pull request; or the default branch or a pull request is to be deleted.
    """
    name = update.name[:200]
    if not (name.startswith((HEADS, TAGS)) or _PULL_REQUEST.fullmatch(name)):
        raise PushRefused(
            f"{name} is neither a branch (refs/heads/), a tag (refs/tags/) nor a pull request (refs/pr/)."
        )
    if update.new_oid is None and name == default_ref:
        raise PushRefused(f"{name} is the default branch and cannot be deleted.")
    if update.new_oid is None and name.startswith(PULL_REQUESTS):
        raise PushRefused(f"{name} cannot be deleted: close the pull request instead.")


def list_lines(lines: Sequence[str]) -> str:
    """An indented list for a message, cut short when it is long."""
    shown = [f"  {line}" for line in lines[:MAX_LISTED]]
    if len(lines) > MAX_LISTED:
        shown.append(f"  … and {len(lines) - MAX_LISTED} more")
    return "\n".join(shown)
