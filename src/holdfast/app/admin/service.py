"""Looks at all parts at once, as only the composition root can."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from dataclasses import dataclass, field

from holdfast.accounts.permissions import check_account
from holdfast.app.doctor import examine
from holdfast.app.maintenance import maintain
from holdfast.app.services import Services
from holdfast.base.clock import Clock, now_milliseconds
from holdfast.base.errors import Overloaded
from holdfast.base.identity import Actor, Permission
from holdfast.hub.objects.domain import ObjectKind
from holdfast.hub.objects.garbage import Action
from holdfast.ui.administration import DoctorFinding, GarbageForecast, NamespaceRoom, StorageReport

MOST_NAMESPACES = 20
REMEMBERED_SECONDS = 60
"""With 100,000 repos, adding up what they have takes about two seconds."""


@dataclass
class _LastReport:
    lock: threading.Lock = field(default_factory=threading.Lock)
    report: StorageReport | None = None


@dataclass(frozen=True)
class AdminService:
    """Implements `ui.administration.Administration`. A report of the storage is remembered for a minute."""

    services: Services
    clock: Clock = now_milliseconds
    _last: _LastReport = field(default_factory=_LastReport)
    _forecasting: threading.Lock = field(default_factory=threading.Lock)

    def report_storage(self, actor: Actor) -> StorageReport:
        """See `Administration.report_storage`."""
        check_account(actor, Permission.SITE_ADMIN)
        with self._last.lock:
            last = self._last.report
            if last is None or self.clock() - last.made_at >= REMEMBERED_SECONDS * 1000:
                last = self._last.report = self._add_up(actor)
        return last

    def _add_up(self, actor: Actor) -> StorageReport:
        services = self.services
        usage = services.repos.own_repos.list_usage(actor)
        with services.database.read() as connection:
            kinds = services.objects.usage(connection)
            distinct = services.objects.distinct_usage(connection)
            xorbs = services.xet.inspector.usage(connection)
        disk = shutil.disk_usage(services.settings.data_dir)
        return StorageReport(
            made_at=self.clock(),
            in_repos_bytes=sum(each.size_bytes for each in usage),
            distinct_bytes=distinct.size_bytes,
            distinct_files=distinct.objects,
            plain_bytes=kinds[ObjectKind.BLOB].size_bytes,
            plain_files=kinds[ObjectKind.BLOB].objects,
            xet_bytes=xorbs.stored_bytes,
            xet_files=kinds[ObjectKind.XET].objects,
            xet_logical_bytes=kinds[ObjectKind.XET].size_bytes,
            database_bytes=self._database_bytes(),
            free_bytes=disk.free,
            disk_bytes=disk.total,
            namespaces=[NamespaceRoom(each.name, each.repos, each.size_bytes) for each in usage[:MOST_NAMESPACES]],
            namespace_count=len(usage),
        )

    def forecast_garbage(self, actor: Actor) -> GarbageForecast:
        """See `Administration.forecast_garbage`."""
        check_account(actor, Permission.SITE_ADMIN)
        if not self._forecasting.acquire(blocking=False):
            raise Overloaded(retry_after_seconds=30)
        try:
            report = maintain(self.services, dry_run=True)
        finally:
            self._forecasting.release()
        actions = Counter(verdict.action for verdict in report.objects.verdicts)
        return GarbageForecast(
            freed_bytes=report.objects.freed_bytes,
            condemned=actions[Action.CONDEMN],
            deleted=actions[Action.DELETE],
            kept=report.objects.kept,
            orphaned_repos=len(report.removed_repos),
        )

    def examine(self, actor: Actor) -> list[DoctorFinding]:
        """See `Administration.examine`."""
        check_account(actor, Permission.SITE_ADMIN)
        checks = examine(self.services.settings)
        return [DoctorFinding(check.name, check.state.value, check.finding, check.advice) for check in checks]

    def _database_bytes(self) -> int | None:
        if self.services.settings.database_url is not None:
            return None
        folder = self.services.settings.data_dir
        return sum(path.stat().st_size for path in folder.glob("holdfast.sqlite*"))
