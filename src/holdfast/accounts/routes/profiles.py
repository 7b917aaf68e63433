"""Who am I, who are they. Nobody follows anybody in this version: those lists are empty, and say so truthfully."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.accounts.domain import ProfileChange
from holdfast.accounts.routes import shapes
from holdfast.accounts.service.namespaces import NamespaceService
from holdfast.accounts.service.profiles import ProfileService
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response, page_response
from holdfast.http.routing import Route

MEMBERS_PER_PAGE = 500


@dataclass(frozen=True)
class ProfileRoutes:
    """Reads accounts; everybody may change their own."""

    profiles: ProfileService
    namespaces: NamespaceService

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        public = Permission.PUBLIC
        return (
            Route("GET", "/api/whoami-v2", self.whoami, Permission.LOGIN),
            Route("PUT", "/api/settings/profile", self.edit_own, Permission.WRITE_OWN),
            Route("GET", "/api/users/{user}/overview", self.user_overview, public),
            Route("GET", "/api/users/{user}/followers", self.user_followers, public),
            Route("GET", "/api/users/{user}/following", self.user_followers, public),
            Route("GET", "/api/organizations/{org}/overview", self.organization_overview, public),
            Route("GET", "/api/organizations/{org}/members", self.organization_members, public),
            Route("GET", "/api/organizations/{org}/followers", self.organization_followers, public),
        )

    async def whoami(self, call: Call) -> Response:
        """The caller's account."""
        return json_response(shapes.whoami(await call.run(self.profiles.whoami, call.actor)))

    async def edit_own(self, call: Call) -> Response:
        """Change one's full name, bio and e-mail address; what is absent stays."""
        fields = await call.fields()
        change = ProfileChange(fields.optional_text("fullname"), fields.optional_text("details"))
        await call.run(self.namespaces.edit_own, call.actor, change, email=fields.optional_text("email"))
        return json_response(shapes.whoami(await call.run(self.profiles.whoami, call.actor)))

    async def user_overview(self, call: Call) -> Response:
        """A user's public face."""
        return json_response(shapes.user_overview(await call.run(self.profiles.user_overview, call.words["user"])))

    async def user_followers(self, call: Call) -> Response:
        """An empty list for users who exist."""
        await call.run(self.profiles.user_overview, call.words["user"])
        return page_response(call, [], None)

    async def organization_overview(self, call: Call) -> Response:
        """An organization's public face."""
        overview = await call.run(self.profiles.organization_overview, call.words["org"])
        return json_response(shapes.organization_overview(overview))

    async def organization_members(self, call: Call) -> Response:
        """The members, a page at a time."""
        limit = call.number("limit", MEMBERS_PER_PAGE, 1, MEMBERS_PER_PAGE)
        after_id = call.number("cursor", 0, 0, 2**62)
        members = await call.run(self.profiles.list_members, call.words["org"], after_id, limit + 1)
        items = [shapes.user_item(member.namespace) for member in members[:limit]]
        next_cursor = str(members[limit - 1].namespace.id) if len(members) > limit else None
        return page_response(call, items, next_cursor)

    async def organization_followers(self, call: Call) -> Response:
        """An empty list for organizations that exist."""
        await call.run(self.profiles.organization_overview, call.words["org"])
        return page_response(call, [], None)
