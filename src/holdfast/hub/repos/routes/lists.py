"""`GET /api/{models,datasets,spaces}`, and the tags by which they can be filtered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.base.ids import RepoType
from holdfast.http.call import Call
from holdfast.http.responses import json_response, page_response
from holdfast.http.routing import Route
from holdfast.hub.repos.listing.filters import ListQuery, parse_list_query
from holdfast.hub.repos.routes.fields import SAME_FOR_ALL, repo_fields
from holdfast.hub.repos.service.listing import ListedRepo, ListService

_ONLY_WITH_CONFIG = {"config"}
_ONLY_WITH_CARD = {"cardData"}
_ONLY_IN_FULL = {"transformersInfo", "widgetData", "model-index", "mask_token", "gguf", "safetensors", "baseModels"}
_NEVER_UNASKED = {"downloadsAllTime"}


@dataclass(frozen=True)
class ListRoutes:
    """Endpoints of `ListService`."""

    lists: ListService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        public = Permission.PUBLIC
        return (
            Route("GET", "/api/{types}", self.list_repos, public),
            Route("GET", "/api/{types}-facets", self.count_facets, public),
            Route("GET", "/api/models-tags-by-type", self.list_model_tags, public),
            Route("GET", "/api/datasets-tags-by-type", self.list_dataset_tags, public),
        )

    async def list_repos(self, call: Call) -> Response:
        """List repos by any filters, search and order; `Link` leads to the next page."""
        query = parse_list_query(call.repo_type, call.query_params.multi_items())
        page = await call.run(self.lists.list_repos, call.actor, query)
        cursor = page.next_cursor.encode() if page.next_cursor else None
        return page_response(call, [_item(listed, query) for listed in page.repos], cursor)

    async def count_facets(self, call: Call) -> Response:
        """How many repos a list has, and how many each value of each filter would leave."""
        query = parse_list_query(call.repo_type, call.query_params.multi_items())
        counts = await call.run(self.lists.count, call.actor, query)
        groups = {
            name: [{"id": value.word, "label": value.label, "count": value.count} for value in values]
            for name, values in counts.groups.items()
        }
        return json_response({"total": counts.total, "isComplete": counts.is_complete, "facets": groups})

    async def list_model_tags(self, call: Call) -> Response:
        """Tags of models, grouped by what they tell."""
        return await self._tags(call, RepoType.MODEL)

    async def list_dataset_tags(self, call: Call) -> Response:
        """Tags of datasets, grouped by what they tell."""
        return await self._tags(call, RepoType.DATASET)

    async def _tags(self, call: Call, repo_type: RepoType) -> Response:
        grouped: dict[str, list[dict[str, Any]]] = {}
        for tag in await call.run(self.lists.list_tags, repo_type):
            item = {"id": tag.name, "label": tag.label, "type": tag.kind, "count": tag.count}
            grouped.setdefault(tag.kind, []).append(item)
        return json_response(grouped)


def _item(listed: ListedRepo, query: ListQuery) -> dict[str, Any]:
    fields = repo_fields(listed.repo, listed.facts)
    if listed.files is not None:
        fields["siblings"] = [{"rfilename": entry.path} for entry in listed.files]
    if query.expand:
        wanted = {"_id", "id", *query.expand}
        return {name: value for name, value in (fields | SAME_FOR_ALL).items() if name in wanted and value is not None}
    left_out = _NEVER_UNASKED | _hidden(query)
    if listed.repo.type is RepoType.MODEL:
        fields["modelId"] = fields["id"]
    return {name: value for name, value in fields.items() if name not in left_out and value is not None}


def _hidden(query: ListQuery) -> set[str]:
    hidden: set[str] = set()
    if not query.full:
        hidden |= _ONLY_IN_FULL
    if not (query.full or query.card_data):
        hidden |= _ONLY_WITH_CARD
    if not query.config:
        hidden |= _ONLY_WITH_CONFIG
    if query.repo_type is RepoType.SPACE and not (query.full or query.linked):
        hidden |= {"models", "datasets"}
    return hidden
