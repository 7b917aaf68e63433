"""The addresses of git-lfs: batches and locks under a repo's git url, transfers under `/lfs/`."""

from __future__ import annotations

from holdfast.http.routing import Route
from holdfast.hub.lfs.routes.batch import BatchRoutes
from holdfast.hub.lfs.routes.locks import LockRoutes
from holdfast.hub.lfs.routes.transfers import TransferRoutes
from holdfast.hub.lfs.service import LfsServices


def table(services: LfsServices) -> tuple[Route, ...]:
    """All routes of git-lfs. They must come before routes that end in `{path}`."""
    return (
        *BatchRoutes(services.batches).table(),
        *TransferRoutes(services.transfers, services.multipart, services.tickets).table(),
        *LockRoutes(services.locks).table(),
    )
