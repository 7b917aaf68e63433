"""The front page of a repo as JSON: its card, where it comes from, what came of it, how it was evaluated. Our own."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.hub.repos.domain import Repo
from holdfast.hub.repos.routes.fields import repo_fields
from holdfast.hub.repos.service.headers import RepoHeader
from holdfast.hub.repos.service.lineage import Lineage, NamedRepo, Related
from holdfast.hub.repos.service.overview import OverviewService


@dataclass(frozen=True)
class OverviewRoutes:
    """Endpoints of `OverviewService`."""

    overviews: OverviewService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        return (Route("GET", "/api/{types}/{repo}/overview", self.overview, Permission.SEE_REPO),)

    async def overview(self, call: Call) -> Response:
        """A repo's front page: its fields, card, lineage and evaluation results, and what the caller may do with it."""
        found = await call.run(self.overviews.overview, call.actor, call.repo_type, call.repo_id)
        card = found.card
        return json_response(
            {
                "repo": repo_fields(found.header.repo, found.header.facts),
                "you": _standing(found.header),
                "card": {"oid": card.oid, "body": card.body, "problem": card.problem} if card else None,
                "lineage": _lineage(found.lineage),
                "evaluations": [asdict(evaluation) for evaluation in found.evaluations],
                "size": found.file_bytes,
                "usedStorage": found.used_bytes,
                "empty": found.is_empty,
            }
        )


def _standing(header: RepoHeader) -> dict[str, Any]:
    return {
        "like": header.is_liked,
        "accessRequest": header.access.value if header.access else None,
        "may": sorted(permission.value for permission in header.permissions),
    }


def _lineage(lineage: Lineage) -> dict[str, Any]:
    return {
        "relation": lineage.relation,
        "baseModels": [_named(named) for named in lineage.base_models],
        "children": {relation: _related(related) for relation, related in lineage.children.items()},
        "datasets": [_named(named) for named in lineage.datasets],
        "models": [_named(named) for named in lineage.models],
        "spaces": _related(lineage.spaces),
        "trainedModels": _related(lineage.trained),
    }


def _named(named: NamedRepo) -> dict[str, Any]:
    return {"name": named.name, "repo": _brief(named.repo) if named.repo else None}


def _related(related: Related | None) -> dict[str, Any]:
    """The most liked of them, and how many there are."""
    if related is None:
        return {"count": 0, "repos": []}
    return {"count": related.count, "repos": [_brief(repo) for repo in related.repos]}


def _brief(repo: Repo) -> dict[str, Any]:
    return {"id": str(repo.id), "private": repo.private, "likes": repo.likes, "downloads": repo.downloads}
