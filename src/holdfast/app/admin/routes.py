"""JSON of what administrators see of the whole instance."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from starlette.responses import Response

from holdfast.base.clock import iso
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.ui.administration import Administration, StorageReport


@dataclass(frozen=True)
class InstanceRoutes:
    """Endpoints of `Administration`."""

    administration: Administration

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        admin = Permission.SITE_ADMIN
        return (
            Route("GET", "/api/admin/storage", self.storage, admin),
            Route("GET", "/api/admin/storage/garbage", self.garbage, admin),
            Route("GET", "/api/admin/doctor", self.doctor, admin),
        )

    async def storage(self, call: Call) -> Response:
        """What is stored, and what sharing and chunks save. Sizes are in bytes."""
        return json_response(_storage(await call.run(self.administration.report_storage, call.actor)))

    async def garbage(self, call: Call) -> Response:
        """What garbage collection would do now; takes long on a large instance."""
        found = await call.run(self.administration.forecast_garbage, call.actor)
        return json_response(
            {
                "freedBytes": found.freed_bytes,
                "condemned": found.condemned,
                "deleted": found.deleted,
                "kept": found.kept,
                "orphanedRepos": found.orphaned_repos,
            }
        )

    async def doctor(self, call: Call) -> Response:
        """What `holdfast doctor` finds."""
        found = await call.run(self.administration.examine, call.actor)
        is_well = all(finding.state != "problem" for finding in found)
        return json_response({"ok": is_well, "checks": [dataclasses.asdict(finding) for finding in found]})


def _storage(report: StorageReport) -> dict[str, object]:
    return {
        "madeAt": iso(report.made_at),
        "inReposBytes": report.in_repos_bytes,
        "distinctBytes": report.distinct_bytes,
        "distinctFiles": report.distinct_files,
        "storedBytes": report.stored_bytes,
        "savedBytes": report.saved_bytes,
        "plain": {"files": report.plain_files, "bytes": report.plain_bytes},
        "xet": {"files": report.xet_files, "bytes": report.xet_bytes, "logicalBytes": report.xet_logical_bytes},
        "databaseBytes": report.database_bytes,
        "disk": {"freeBytes": report.free_bytes, "bytes": report.disk_bytes},
        "namespaces": [dataclasses.asdict(each) for each in report.namespaces],
        "namespaceCount": report.namespace_count,
    }
