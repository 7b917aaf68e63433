"""Checks the whole instance, and makes its tables anew from the disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.app.services import Services
from holdfast.hub.objects.fsck import BlobInspector, Fault
from holdfast.hub.repos.service.inspecting import RepoInspector
from holdfast.hub.repos.service.rebuilding import RepoRebuilder, Restored


@dataclass(frozen=True)
class Trouble:
    """One thing that is not as it should be.

    Args:
        subject: what: a repo, or an object by its hash.
        explanation: sentences for the administrator: what is wrong, what to do.
        is_harmless: leftovers that the next start or garbage collection deals with.
    """

    subject: str
    explanation: str
    is_harmless: bool


def check(services: Services, *, deep: bool = False) -> Iterator[Trouble]:
    """Yield everything that is wrong, as it is found; may run while the server does.

    Args:
        services: of the instance.
        deep: also read and hash every stored byte.
    """
    for line in services.database.check():
        yield Trouble("the database", f"It is damaged: {line}. Restore it from a backup.", is_harmless=False)
    for repo in RepoInspector(services.database, services.repos.pool, services.objects).check(deep=deep):
        yield Trouble(repo.subject, repo.explanation, repo.fault is Fault.ORPHAN)
    for subject, explanation in services.buckets.upkeep.check():
        yield Trouble(subject, explanation, is_harmless=False)
    for blob in _blobs(services).check(deep=deep):
        yield Trouble(f"file {blob.sha256}", blob.explanation, blob.fault is Fault.ORPHAN)
    for xet in services.xet.inspector.check(deep=deep):
        yield Trouble(f"Xet {xet.subject}", xet.explanation, xet.fault is Fault.ORPHAN)


def adopt_objects(services: Services) -> int:
    """Record stored bytes that no table knows, after checking them; returns how many files and xorbs these are."""
    return _blobs(services).adopt() + services.xet.inspector.adopt()


def rebuild_repos(services: Services) -> Iterator[Restored]:
    """Restore the rows and the index of every repo on disk; then let Xet clients forget what they uploaded."""
    repos = services.repos
    rebuilder = RepoRebuilder(services.database, services.accounts.accounts, repos.pool, repos.index, services.objects)
    for key in rebuilder.folders():
        yield rebuilder.restore(key)
    services.xet.epochs.bump_now()


def _blobs(services: Services) -> BlobInspector:
    return BlobInspector(services.database, services.blobs, services.objects)
