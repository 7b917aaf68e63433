"""The HTTP endpoints of Xet, one class per group."""

from __future__ import annotations

import asyncio

from holdfast.http.admission import Admission
from holdfast.http.routing import Route
from holdfast.hub.xet.routes import telemetry
from holdfast.hub.xet.routes.reconstructions import ReconstructionRoutes
from holdfast.hub.xet.routes.shards import ShardRoutes
from holdfast.hub.xet.routes.tokens import TokenRoutes
from holdfast.hub.xet.routes.uploads import UploadRoutes
from holdfast.hub.xet.service import XetServices

__all__ = ["table"]


def table(xet: XetServices) -> tuple[Route, ...]:
    """Every route of Xet. The busiest, where bytes are fetched, come first."""
    limits = xet.limits
    shards = ShardRoutes(
        xet.tokens,
        xet.shards,
        xet.validators,
        Admission(limits.max_waiting_shards),
        asyncio.Semaphore(limits.max_shards),
    )
    return (
        *ReconstructionRoutes(xet.tokens, xet.reconstructions, xet.dedup, xet.fetches).table(),
        *UploadRoutes(xet.tokens, xet.uploads, xet.validators, Admission(limits.max_uploads)).table(),
        *shards.table(),
        *TokenRoutes(xet.tokens).table(),
        *telemetry.table(),
    )
