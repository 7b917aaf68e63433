"""What a user or an organization stores. Source: huggingface_hub 2.4.0 hf_api.py list_user_repos, RepoStorageInfo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from holdfast.base.clock import iso
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import page_response
from holdfast.http.routing import Route
from holdfast.hub.repos.service.own_repos import OwnRepoService, StoredRepo

REPOS_PAGE = 1_000


@dataclass(frozen=True)
class OwnRepoRoutes:
    """Endpoints of `OwnRepoService`."""

    own_repos: OwnRepoService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        login = Permission.LOGIN
        return (
            Route("GET", "/api/settings/repositories", self.list_repos, login),
            Route("GET", "/api/organizations/{org}/settings/repositories", self.list_repos, login),
        )

    async def list_repos(self, call: Call) -> Response:
        """Own repos, or those of an organization, with the room they take: 1000 a page."""
        page = await call.run(
            self.own_repos.list_own_repos,
            call.actor,
            call.words.get("org"),
            before=call.number("cursor", 0, 0, 2**53) or None,
            limit=call.number("limit", REPOS_PAGE, 1, REPOS_PAGE),
        )
        cursor = None if page.next_cursor is None else str(page.next_cursor)
        return page_response(call, [_item(stored) for stored in page.repos], cursor)


def _item(stored: StoredRepo) -> dict[str, Any]:
    repo = stored.repo
    return {
        "id": str(repo.id),
        "type": repo.type.value,
        "updatedAt": iso(repo.updated_at),
        "visibility": "private" if repo.private else "public",
        "storage": stored.size_bytes,
        "storagePercent": stored.share * 100,
    }
