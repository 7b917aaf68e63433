"""Users and organizations as others see them: their repos, likes, members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from holdfast.accounts.service.profiles import Profile, ProfileService
from holdfast.base.errors import NotFound, RepoNotFound
from holdfast.base.identity import Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.http.call import Call
from holdfast.http.routing import Family, Route
from holdfast.hub.repos.listing.filters import parse_list_query
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.service.liking import LikeService
from holdfast.hub.repos.service.listing import ListService, RepoList
from holdfast.ui.avatars import draw_avatar
from holdfast.ui.page import Pages

_PER_PAGE = 30
_LIKES_SHOWN = 100
_DAY_SECONDS = 24 * 3600
_AVATAR_HEADERS = {
    "Cache-Control": f"public, max-age={_DAY_SECONDS}",
    # It is ours, but addresses of pictures are opened alone too.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}


@dataclass(frozen=True)
class PeoplePages:
    """`/{name}`: a user or an organization, or else a model of one word."""

    pages: Pages
    profiles: ProfileService
    lists: ListService
    likes: LikeService
    gate: RepoGate

    def table(self) -> tuple[Route, ...]:
        """The profile: it matches every address of one word."""
        return (Route("GET", "/{user}", self.show, Permission.PUBLIC, Family.PAGE),)

    def fixed_table(self) -> tuple[Route, ...]:
        """The pictures."""
        return (Route("GET", "/avatars/{user}.svg", self.avatar, Permission.PUBLIC, Family.PAGE),)

    async def show(self, call: Call) -> Response:
        """A profile with a list of one type of repos, the likes or the members (`tab`)."""
        name = call.words["user"]
        profile = await call.run(self.profiles.find_profile, call.actor, name)
        if profile is None:
            return await self._elsewhere(call, name)
        if call.query_params.get("tab") == "likes" and not profile.namespace.is_org:
            liked = await call.run(self.likes.list_liked, call.actor, profile.namespace.name, _LIKES_SHOWN + 1)
            shown, more = liked[:_LIKES_SHOWN], len(liked) > _LIKES_SHOWN
            return await self._render(call, profile, "likes", liked=shown, more_liked=more)
        if call.query_params.get("tab") == "members" and profile.namespace.is_org:
            return await self._render(call, profile, "members")
        repo_type = _shown_type(call, profile)
        return await self._render(call, profile, repo_type.plural, page=await self._list(call, profile, repo_type))

    async def avatar(self, call: Call) -> Response:
        """A picture made from the name alone: it tells nobody whether the name exists."""
        return Response(draw_avatar(call.words["user"]), 200, _AVATAR_HEADERS, "image/svg+xml")

    async def _elsewhere(self, call: Call, name: str) -> Response:
        """Models of one word lead to their repo; anything else is nowhere."""
        try:
            await call.run(self.gate.require, call.actor, RepoType.MODEL, RepoId(None, name), Permission.SEE_REPO)
        except RepoNotFound as error:
            raise NotFound(what=f"A user, an organization or a model called {name[:100]!r}") from error
        raise NotFound(what="This address")

    async def _list(self, call: Call, profile: Profile, repo_type: RepoType) -> RepoList:
        words = [("author", profile.namespace.name), ("sort", "lastModified"), ("limit", str(_PER_PAGE))]
        cursor = call.query_params.get("cursor")
        query = parse_list_query(repo_type, [*words, ("cursor", cursor)] if cursor else words)
        return await call.run(self.lists.list_repos, call.actor, query)

    async def _render(self, call: Call, profile: Profile, tab: str, **context: Any) -> Response:
        kind = "organizations" if profile.namespace.is_org else "users"
        return await self.pages.render(
            call,
            "people/profile.html",
            json_url=f"/api/{kind}/{profile.namespace.name}/overview",
            profile=profile,
            who=profile.namespace,
            tab=tab,
            **{"page": None, "liked": None, "more_liked": False} | context,
        )


def _shown_type(call: Call, profile: Profile) -> RepoType:
    """The type that was asked for, or the first that there is something of."""
    asked = call.query_params.get("tab")
    for repo_type in RepoType:
        if repo_type.plural == asked:
            return repo_type
    counted = {
        RepoType.MODEL: profile.counts.models,
        RepoType.DATASET: profile.counts.datasets,
        RepoType.SPACE: profile.counts.spaces,
    }
    return next((repo_type for repo_type, count in counted.items() if count), RepoType.MODEL)
