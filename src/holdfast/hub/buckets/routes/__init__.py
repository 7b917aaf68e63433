"""HTTP in and out of buckets."""

from __future__ import annotations

from holdfast.http.routing import Route
from holdfast.hub.buckets.routes.buckets import BucketRoutes
from holdfast.hub.buckets.routes.files import BucketFileRoutes
from holdfast.hub.buckets.service import BucketServices

__all__ = ["table"]


def table(services: BucketServices) -> tuple[Route, ...]:
    """All routes."""
    files = BucketFileRoutes(services.files, services.changes, services.tokens)
    return (*files.table(), *BucketRoutes(services.lifecycle).table())
