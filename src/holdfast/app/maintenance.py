"""Garbage collection and housekeeping of the whole instance, for the command and for the server's daily round."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.app.services import Services
from holdfast.base.clock import now_milliseconds
from holdfast.hub.objects.domain import ObjectKind
from holdfast.hub.objects.garbage import BlobCollector, Collector, GarbageCollector, GarbageReport, GarbageRules, LiveOf
from holdfast.hub.repos.service.collecting import RepoCollector

HASTY_SECONDS = 3600
"""With a grace below this, an update of refs that is under way might be overtaken."""


@dataclass(frozen=True)
class MaintenanceReport:
    """What one round did, or would do.

    Args:
        objects: of large files.
        removed_repos: keys of folders that deleted repos had left.
        tidied_repos: keys of repos whose objects and refs were rolled up; empty in a dry run.
        has_new_epoch: uploads of younger things than clients remember were removed, so Xet clients were told to forget.
    """

    objects: GarbageReport
    removed_repos: tuple[int, ...]
    tidied_repos: tuple[int, ...]
    has_new_epoch: bool


def maintain(services: Services, *, grace_seconds: int | None = None, dry_run: bool = False) -> MaintenanceReport:
    """Remove what no ref reaches, and keep repos quick. Uploads, commits and downloads go on meanwhile.

    Args:
        services: of the instance.
        grace_seconds: how long unreachable things are kept; None means as the settings say.
        dry_run: only tell.

    Raises:
        Conflict: a repo cannot be read, so nobody knows what it needs; nothing was removed.
    """
    grace_seconds = services.settings.gc_grace_seconds if grace_seconds is None else grace_seconds
    is_hasty = grace_seconds < HASTY_SECONDS
    repos = RepoCollector(services.database, services.repos.pool, services.objects, awaits_updates=is_hasty)
    epoch = services.xet.epochs.current()
    collectors: dict[ObjectKind, Collector] = {
        ObjectKind.BLOB: BlobCollector(services.database, services.blobs),
        ObjectKind.XET: services.xet.collector,
    }
    rules = GarbageRules.with_grace(grace_seconds)
    live = LiveOf((repos, services.buckets.upkeep))
    objects = GarbageCollector(services.database, live, collectors, rules, now_milliseconds).run(dry_run=dry_run)
    orphans = tuple(repos.orphans())
    tidied: tuple[int, ...] = ()
    if not dry_run:
        services.repos.pool.empty_trash()
        services.repos.downloads.forget_old_days()
        services.lfs.multipart.remove_stale()
        services.jobs.history.forget_old(services.settings.jobs_keep_days)
        for key in orphans:
            repos.remove(key)
        tidied = tuple(repos.tidy())
    return MaintenanceReport(objects, orphans, tidied, services.xet.epochs.current() != epoch)
