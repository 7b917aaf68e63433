"""What the pages of administration show of the whole instance; `app`, which knows all parts, finds it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from holdfast.base.identity import Actor


@dataclass(frozen=True)
class NamespaceRoom:
    """A user or an organization, and what its repos take, each counted for itself."""

    name: str
    repos: int
    size_bytes: int


@dataclass(frozen=True)
class StorageReport:
    """What is stored. All sizes are in bytes.

    Args:
        made_at: when this was added up.
        in_repos_bytes: large files as repos have them: what copies without sharing would take.
        distinct_bytes: each file once.
        distinct_files: their number.
        plain_bytes: on the disk, of files that lie there as they are.
        xet_bytes: on the disk, of files that lie there as chunks.
        xet_files: how many lie there as chunks.
        xet_logical_bytes: what those would take as plain files.
        database_bytes: of the tables, where they are one file; None elsewhere.
        free_bytes: of the data directory's disk.
        disk_bytes: the disk's size.
        namespaces: those that take most, the largest first.
        namespace_count: of all that have repos.
    """

    made_at: int
    in_repos_bytes: int
    distinct_bytes: int
    distinct_files: int
    plain_bytes: int
    plain_files: int
    xet_bytes: int
    xet_files: int
    xet_logical_bytes: int
    database_bytes: int | None
    free_bytes: int
    disk_bytes: int
    namespaces: Sequence[NamespaceRoom]
    namespace_count: int

    @property
    def stored_bytes(self) -> int:
        """What large files take on the disk."""
        return self.plain_bytes + self.xet_bytes

    @property
    def saved_bytes(self) -> int:
        """What sharing between repos, and chunks that are stored once and compressed, save."""
        return max(0, self.in_repos_bytes - self.stored_bytes)


@dataclass(frozen=True)
class GarbageForecast:
    """What garbage collection would do now: bytes it would free, and the numbers of objects by what happens to them."""

    freed_bytes: int
    condemned: int
    deleted: int
    kept: int
    orphaned_repos: int


@dataclass(frozen=True)
class DoctorFinding:
    """One check: `state` is `ok`, `note` or `problem`; `advice` is empty when nothing is to do."""

    name: str
    state: str
    finding: str
    advice: str


class Administration(Protocol):
    """Looks at the whole instance, for site admins."""

    def report_storage(self, actor: Actor) -> StorageReport:
        """What is stored.

        Raises:
            LoginRequired, Forbidden: not a site admin.
        """
        ...

    def forecast_garbage(self, actor: Actor) -> GarbageForecast:
        """What garbage collection would do; takes long on a large instance.

        Raises:
            LoginRequired, Forbidden: not a site admin.
            Overloaded: somebody else asks just now.
        """
        ...

    def examine(self, actor: Actor) -> list[DoctorFinding]:
        """What `holdfast doctor` finds.

        Raises:
            LoginRequired, Forbidden: not a site admin.
        """
        ...
