"""Search across kinds, and what is trending.

Source: the answers of the Hub's `/api/quicksearch` and `/api/trending`, which its site and people's scripts ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from holdfast.accounts.domain import Namespace, NamespaceKind
from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Permission
from holdfast.base.ids import RepoType
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.hub.repos.routes.fields import repo_fields
from holdfast.hub.repos.service.listing import ListedRepo
from holdfast.hub.repos.service.searching import SearchService

MOST_RESULTS = 50
MAX_WORDS_CHARACTERS = 300
_KINDS: Mapping[str, RepoType | NamespaceKind] = {kind.value: kind for kind in (*RepoType, *NamespaceKind)}
_TRENDING_FIELDS = ("_id", "id", "author", "lastModified", "likes", "downloads", "private", "gated", "pipeline_tag")


@dataclass(frozen=True)
class SearchRoutes:
    """Endpoints of `SearchService`."""

    search: SearchService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        return (
            Route("GET", "/api/quicksearch", self.quick_search, Permission.PUBLIC),
            Route("GET", "/api/trending", self.trending, Permission.PUBLIC),
        )

    async def quick_search(self, call: Call) -> Response:
        """The first models, datasets, Spaces, users and organizations for some words, with their numbers."""
        words = searched_text(call)
        asked = [kind for word in call.query_params.getlist("type") for kind in word.split(",")]
        kinds = [_kind(word) for word in asked] or None
        limit = call.number("limit", 5, 1, MOST_RESULTS)
        found = await call.run(self.search.search, call.actor, words, limit, kinds)
        answer: dict[str, Any] = {"q": words}
        for kind, repos in found.repos.items():
            answer[f"{kind.value}s"] = [_repo_item(listed) for listed in repos.items]
            answer[f"{kind.value}sCount"] = repos.total
        for people, namespaces in found.people.items():
            answer[f"{people.value}s"] = [_person_item(namespace) for namespace in namespaces.items]
            answer[f"{people.value}sCount"] = namespaces.total
        return json_response(answer)

    async def trending(self, call: Call) -> Response:
        """The repos that are liked and fetched most these days."""
        word = call.query_params.get("type", "all")
        kinds = list(RepoType) if word == "all" else [RepoType.parse(word)]
        found = await call.run(self.search.trending, call.actor, kinds, call.number("limit", 10, 1, 20))
        return json_response({"recentlyTrending": [_trending_item(listed) for listed in found]})


def searched_text(call: Call) -> str:
    """The words to search for, of the query string's `q`.

    Raises:
        InvalidInput: too long.
    """
    words = call.query_params.get("q", "").replace("\0", " ").strip()
    if len(words) > MAX_WORDS_CHARACTERS:
        raise InvalidInput(field="q", problem=f"is longer than {MAX_WORDS_CHARACTERS} characters")
    return words


def _kind(word: str) -> RepoType | NamespaceKind:
    found = _KINDS.get(word)
    if found is None:
        raise InvalidInput(field="type", problem=f"must be one of {', '.join(_KINDS)}")
    return found


def _repo_item(listed: ListedRepo) -> dict[str, Any]:
    return {"_id": listed.repo.uid, "id": str(listed.repo.id)}


def _person_item(namespace: Namespace) -> dict[str, Any]:
    name = "name" if namespace.is_org else "user"
    return {
        "_id": namespace.uid,
        name: namespace.name,
        "fullname": namespace.fullname,
        "avatarUrl": namespace.avatar_url or "",
        "type": namespace.kind.value,
    }


def _trending_item(listed: ListedRepo) -> dict[str, Any]:
    fields = repo_fields(listed.repo, listed.facts)
    kept = {name: fields[name] for name in _TRENDING_FIELDS if fields.get(name) is not None}
    return {"repoType": listed.repo.type.value, "repoData": {**kept, "repoType": listed.repo.type.value}}
