"""The repos' part of the Hub API: parse wire, call a service, write wire."""

from __future__ import annotations

from holdfast.base.settings import Settings
from holdfast.http.routing import Route
from holdfast.hub.objects.service import ObjectService
from holdfast.hub.repos.routes.branches import BranchRoutes
from holdfast.hub.repos.routes.gating import GatingRoutes
from holdfast.hub.repos.routes.git_data import GitDataRoutes
from holdfast.hub.repos.routes.history import HistoryRoutes
from holdfast.hub.repos.routes.info import InfoRoutes
from holdfast.hub.repos.routes.large_files import LargeFileRoutes
from holdfast.hub.repos.routes.lifecycle import LifecycleRoutes, MoveBucket
from holdfast.hub.repos.routes.likes import LikeRoutes
from holdfast.hub.repos.routes.lists import ListRoutes
from holdfast.hub.repos.routes.overview import OverviewRoutes
from holdfast.hub.repos.routes.own_repos import OwnRepoRoutes
from holdfast.hub.repos.routes.resolve import ResolveRoutes
from holdfast.hub.repos.routes.search import SearchRoutes
from holdfast.hub.repos.routes.tasks import task_routes
from holdfast.hub.repos.routes.tensors import TensorRoutes
from holdfast.hub.repos.routes.uploads import UploadRoutes
from holdfast.hub.repos.service import RepoServices


def table(
    services: RepoServices, objects: ObjectService, settings: Settings, move_bucket: MoveBucket
) -> tuple[Route, ...]:
    """All routes of repos; the repo's bare address comes last, for it matches nearly everything."""
    uploads = UploadRoutes(
        services.preuploads,
        services.commits,
        settings.data_dir,
        settings.max_regular_file_bytes,
        settings.max_commit_bytes,
    )
    return (
        *ResolveRoutes(services.resolves, objects, services.downloads).table(),
        *GitDataRoutes(services.reads, services.history).table(),
        *HistoryRoutes(services.history).table(),
        *uploads.table(),
        *BranchRoutes(services.branches).table(),
        *LifecycleRoutes(services.lifecycle, move_bucket).table(),
        *LargeFileRoutes(services.large_files).table(),
        *TensorRoutes(services.tensors).table(),
        *OwnRepoRoutes(services.own_repos).table(),
        *task_routes(),
        *GatingRoutes(services.gating).table(),
        *LikeRoutes(services.likes).table(),
        *ListRoutes(services.lists).table(),
        *SearchRoutes(services.search).table(),
        *OverviewRoutes(services.overviews).table(),
        *InfoRoutes(services.infos).table(),
    )
