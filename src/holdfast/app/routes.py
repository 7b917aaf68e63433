"""The route table of the whole server, in the order in which the router tries it."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import PlainTextResponse, Response

from holdfast import __version__
from holdfast.accounts.routes import table as account_routes
from holdfast.app.admin.routes import InstanceRoutes
from holdfast.app.admin.service import AdminService
from holdfast.app.pages import fixed_pages, namespace_pages, repo_pages
from holdfast.app.services import Services
from holdfast.base.clock import now_milliseconds
from holdfast.base.errors import NotServed
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.hub.buckets.routes import table as bucket_routes
from holdfast.hub.community.routes import CommunityRoutes
from holdfast.hub.git.routes import GitRoutes
from holdfast.hub.lfs.routes import table as lfs_routes
from holdfast.hub.repos.routes import table as repo_routes
from holdfast.hub.xet.routes import table as xet_routes
from holdfast.inference.routes import table as inference_routes
from holdfast.jobs.routes import table as job_routes
from holdfast.training.routes import TrainingRoutes
from holdfast.ui.page import Pages

UNSERVED = {
    "Attachments of comments": ("/uploads",),
    "Collections": ("/api/collections", "/api/collections/{path}"),
    "Webhooks": ("/api/settings/webhooks", "/api/settings/webhooks/{path}"),
    "Events of buckets": ("/api/buckets/{bucket}/events",),
    "Papers": ("/api/papers", "/api/papers/{path}", "/api/daily_papers", "/papers/{path}"),
    "Running Spaces": (
        "/api/spaces/{repo}/runtime",
        "/api/spaces/{repo}/secrets",
        "/api/spaces/{repo}/variables",
        "/api/spaces/{repo}/volumes",
        "/api/spaces/{repo}/storage",
        "/api/spaces/{repo}/hardware",
        "/api/spaces/{repo}/sleeptime",
        "/api/spaces/{repo}/pause",
        "/api/spaces/{repo}/restart",
        "/api/spaces/{repo}/dev-mode",
        "/api/spaces/{repo}/logs/{path}",
        "/api/spaces/hardware",
        "/api/spaces/templates",
        "/api/spaces/semantic-search",
        "/api/spaces/zero-gpu/quota",
    ),
    "Leaderboards": ("/api/datasets/{repo}/leaderboard",),
    "Kernels": ("/api/kernels", "/api/kernels/{path}"),
}
"""Parts of the Hub API that later releases bring; until then they say so instead of a puzzling 404."""


def all_routes(services: Services, pages: Pages) -> Sequence[Route]:
    """Every route."""
    repos = services.repos
    return (
        *_unserved_routes(fixed=True),
        *fixed_pages(pages, services),
        *bucket_routes(services.buckets),
        *repo_routes(repos, services.objects, services.settings, services.buckets.move),
        *xet_routes(services.xet),
        *lfs_routes(services.lfs),
        *GitRoutes(services.git).table(),
        *account_routes(services.accounts),
        *InstanceRoutes(AdminService(services)).table(),
        *CommunityRoutes(services.community).table(),
        *inference_routes(services.inference),
        *job_routes(services.jobs, now_milliseconds),
        *TrainingRoutes(services.training, now_milliseconds).table(),
        *_own_routes(),
        *_unserved_routes(fixed=False),
        *repo_pages(pages, services),
        *namespace_pages(pages, services),
    )


def _own_routes() -> tuple[Route, ...]:
    return (
        Route("GET", "/healthz", _healthz, Permission.PUBLIC),
        Route("GET", "/api/version", _version, Permission.PUBLIC),
        Route("GET", "/api/telemetry/{path}", _telemetry, Permission.PUBLIC),
        Route("GET", "/api/agent-harnesses", _agent_harnesses, Permission.PUBLIC),
    )


def _unserved_routes(*, fixed: bool) -> tuple[Route, ...]:
    """Fixed addresses go before the repos', of which some would be ids; those with words after, for the reverse."""
    return tuple(
        Route(method, pattern, _refusal(feature), Permission.PUBLIC)
        for feature, patterns in UNSERVED.items()
        for pattern in patterns
        if fixed == ("{" not in pattern)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    )


def _refusal(feature: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - an Endpoint
    async def refuse(_: Call) -> Response:
        raise NotServed(feature=feature)

    return refuse


async def _healthz(_: Call) -> Response:
    """200 when the server is ready."""
    return PlainTextResponse("ok")


async def _version(_: Call) -> Response:
    """What runs here."""
    return json_response({"name": "holdfast", "version": __version__})


async def _telemetry(_: Call) -> Response:
    """Accepted and forgotten: nobody listens to what clients report."""
    return Response(status_code=200)


async def _agent_harnesses(_: Call) -> Response:
    """Asked by newer clients once a day; empty."""
    return json_response({"standardEnvVars": [], "harnesses": {}})
