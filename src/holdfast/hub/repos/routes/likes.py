"""Likes."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.base.clock import iso
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response, page_response
from holdfast.http.routing import Route
from holdfast.hub.repos.service.liking import LikeService

LIKERS_PAGE = 1_000


@dataclass(frozen=True)
class LikeRoutes:
    """Endpoints of `LikeService`."""

    likes: LikeService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        return (
            Route("POST", "/api/{types}/{repo}/like", self.like, Permission.WRITE_OWN),
            Route("DELETE", "/api/{types}/{repo}/like", self.unlike, Permission.WRITE_OWN),
            Route("GET", "/api/{types}/{repo}/likers", self.list_likers, Permission.SEE_REPO),
            Route("GET", "/api/users/{username}/likes", self.list_liked, Permission.PUBLIC),
        )

    async def like(self, call: Call) -> Response:
        """Like a repo."""
        await call.run(self.likes.like, call.actor, call.repo_type, call.repo_id, liked=True)
        return json_response({})

    async def unlike(self, call: Call) -> Response:
        """Take a like back."""
        await call.run(self.likes.like, call.actor, call.repo_type, call.repo_id, liked=False)
        return json_response({})

    async def list_likers(self, call: Call) -> Response:
        """Who likes a repo: 1000 a page."""
        limit = call.number("limit", LIKERS_PAGE, 1, LIKERS_PAGE)
        after = call.number("cursor", 0, 0, 2**53)
        users = await call.run(
            self.likes.list_likers, call.actor, call.repo_type, call.repo_id, after=after, limit=limit
        )
        items = [
            {"user": user.name, "fullname": user.fullname, "avatarUrl": user.avatar_url or "", "type": "user"}
            for user in users
        ]
        return page_response(call, items, str(users[-1].id) if len(users) == limit else None)

    async def list_liked(self, call: Call) -> Response:
        """What a user likes."""
        liked = await call.run(self.likes.list_liked, call.actor, call.words["username"])
        items = [
            {"createdAt": iso(item.liked_at), "repo": {"name": str(item.repo.id), "type": item.repo.type.value}}
            for item in liked
        ]
        return json_response(items)
