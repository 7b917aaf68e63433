"""Search across models, datasets, Spaces, users and organizations."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.routing import Family, Route
from holdfast.hub.repos.routes.search import searched_text
from holdfast.hub.repos.service.searching import SearchService
from holdfast.ui.filtering.words import NOUNS
from holdfast.ui.page import Pages

SHOWN = 6


@dataclass(frozen=True)
class SearchPages:
    """`/search`."""

    pages: Pages
    search: SearchService

    def table(self) -> tuple[Route, ...]:
        """One page."""
        return (Route("GET", "/search", self.show, Permission.PUBLIC, Family.PAGE),)

    async def show(self, call: Call) -> Response:
        """The first results of each kind; each kind leads to its own list."""
        words = searched_text(call)
        results = await call.run(self.search.search, call.actor, words, SHOWN) if words else None
        twin = f"/api/quicksearch?{urlencode({'q': words, 'limit': SHOWN})}"
        return await self.pages.render(
            call, "search/search.html", json_url=twin, words=words, results=results, nouns=NOUNS
        )
