"""Organizations and their members, for their admins."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.accounts.domain import OrgRole, ProfileChange
from holdfast.accounts.routes import shapes
from holdfast.accounts.service.accounts import AccountService
from holdfast.accounts.service.namespaces import NamespaceService
from holdfast.accounts.service.profiles import ProfileService
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route


@dataclass(frozen=True)
class OrganizationRoutes:
    """Changes organizations."""

    accounts: AccountService
    namespaces: NamespaceService
    profiles: ProfileService

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        member = "/api/organizations/{org}/members/{user}"
        return (
            Route("POST", "/api/organizations/create", self.create, Permission.WRITE_OWN),
            Route("PUT", "/api/organizations/{org}/settings", self.edit, Permission.ADMIN_ORG),
            Route("DELETE", "/api/organizations/{org}", self.delete, Permission.ADMIN_ORG),
            Route("PUT", member, self.set_member, Permission.ADMIN_ORG),
            Route("DELETE", member, self.remove_member, Permission.ADMIN_ORG),
        )

    async def create(self, call: Call) -> Response:
        """Add an organization; the caller becomes its admin."""
        fields = await call.fields()
        org = await call.run(
            self.accounts.create_organization,
            call.actor,
            fields.text("name"),
            fullname=fields.optional_text("fullname"),
            private_by_default=fields.optional_flag("privateByDefault") or False,
        )
        overview = await call.run(self.profiles.organization_overview, org.name)
        return json_response(shapes.organization_overview(overview), 201)

    async def edit(self, call: Call) -> Response:
        """Change an organization's full name, bio, and whether new repos are private; what is absent stays."""
        fields = await call.fields()
        change = ProfileChange(
            fields.optional_text("fullname"), fields.optional_text("details"), fields.optional_flag("privateByDefault")
        )
        org = await call.run(self.namespaces.edit_organization, call.actor, call.words["org"], change)
        return json_response(
            shapes.organization_overview(await call.run(self.profiles.organization_overview, org.name))
        )

    async def delete(self, call: Call) -> Response:
        """Delete an organization that has no repos."""
        await call.run(self.namespaces.delete_organization, call.actor, call.words["org"])
        return Response(status_code=204)

    async def set_member(self, call: Call) -> Response:
        """Add a member, or change the role of one."""
        fields = await call.fields()
        role = OrgRole.parse(fields.text("role"))
        await call.run(self.accounts.set_member, call.actor, call.words["org"], call.words["user"], role)
        return json_response({"user": call.words["user"], "role": role.value})

    async def remove_member(self, call: Call) -> Response:
        """Take a member out."""
        await call.run(self.accounts.remove_member, call.actor, call.words["org"], call.words["user"])
        return Response(status_code=204)
