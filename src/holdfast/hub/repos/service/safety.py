"""What the Hub tells of a file's safety; somebody else looks into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from holdfast.hub.repos.git_storage.trees import TreeEntry


class SafetyStatus(Enum):
    """In the words of the Hub's API."""

    SAFE = "safe"
    SUSPICIOUS = "suspicious"
    UNSAFE = "unsafe"
    QUEUED = "queued"
    """Nobody has looked into it yet; it will be done soon."""


@dataclass(frozen=True)
class ImportSafety:
    """A name that loading the file would look up; `level` is `innocuous`, `suspicious` or `dangerous`."""

    module: str
    name: str
    level: str


@dataclass(frozen=True)
class FileSafety:
    """How safe it is to load a file.

    Args:
        level: of its worst import; None where it holds no program, or was not looked into yet.
        imports: of a pickle.
        problem: why a pickle could not be read to its end; empty when it could.
    """

    status: SafetyStatus
    level: str | None = None
    imports: tuple[ImportSafety, ...] = ()
    problem: str = ""


class SafetyReader(Protocol):
    """Answered by `scanning`."""

    def safety_of(self, repo_key: int, entries: Sequence[TreeEntry]) -> Mapping[str, FileSafety]:
        """By path; entries of which nothing can be said are left out."""
        ...
