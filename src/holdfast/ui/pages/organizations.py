"""Organizations: made by anybody who may write, run by their admins."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.accounts.domain import OrgRole, ProfileChange
from holdfast.accounts.service import AccountServices
from holdfast.base.errors import Conflict, HoldfastError, InvalidInput, NotFound
from holdfast.base.identity import Permission
from holdfast.http.call import Call, FormFields
from holdfast.http.routing import Family, Route
from holdfast.ui.forms import FORM, problems
from holdfast.ui.page import Pages

_REFUSALS = (InvalidInput, Conflict, NotFound)
_MEMBERS_PER_PAGE = 100


@dataclass(frozen=True)
class OrganizationPages:
    """`/organizations/…`."""

    pages: Pages
    accounts: AccountServices

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        own, admin, page = Permission.WRITE_OWN, Permission.ADMIN_ORG, Family.PAGE
        settings = "/organizations/{org}/settings"
        return (
            Route("GET", "/organizations/new", self.show_new, Permission.LOGIN, page),
            Route("POST", "/organizations/new", self.create, own, page),
            Route("GET", f"{settings}/profile", self.show_profile, admin, page),
            Route("POST", f"{settings}/profile", self.edit_profile, admin, page),
            Route("POST", f"{settings}/delete", self.delete, admin, page),
            Route("GET", f"{settings}/members", self.show_members, admin, page),
            Route("POST", f"{settings}/members", self.set_member, admin, page),
            Route("POST", f"{settings}/members/{{user}}/remove", self.remove_member, admin, page),
            Route("POST", "/organizations/{org}/leave", self.leave, own, page),
        )

    async def show_new(self, call: Call) -> Response:
        """The form for a new organization."""
        await call.run(self.accounts.profiles.whoami, call.actor)
        return await self._new(call, FormFields({}), {})

    async def create(self, call: Call) -> Response:
        """Make it; whoever does is its first admin."""
        form = await call.form_fields()
        try:
            org = await call.run(
                self.accounts.accounts.create_organization,
                call.actor,
                form.text("name", "").strip(),
                fullname=form.optional_text("fullname"),
                private_by_default=form.flag("private_by_default"),
            )
        except (InvalidInput, Conflict) as error:
            return await self._new(call, form, problems(error), error)
        return self.pages.redirect(call, f"/organizations/{org.name}/settings/members?new=1")

    async def show_profile(self, call: Call) -> Response:
        """Full name, bio, what new repos are like; and the end of it."""
        return await self._profile(call, None, {})

    async def edit_profile(self, call: Call) -> Response:
        """Save the profile."""
        form = await call.form_fields()
        change = ProfileChange(form.text("fullname", ""), form.text("bio", ""), form.flag("private_by_default"))
        try:
            org = await call.run(self.accounts.namespaces.edit_organization, call.actor, call.words["org"], change)
        except InvalidInput as error:
            return await self._profile(call, change, problems(error), error)
        return self.pages.redirect(call, f"/organizations/{org.name}/settings/profile?saved=1")

    async def delete(self, call: Call) -> Response:
        """Delete an organization without repos, whose name was typed."""
        form, org = await call.form_fields(), call.words["org"]
        try:
            _check_typed(form, org)
            await call.run(self.accounts.namespaces.delete_organization, call.actor, org)
        except (InvalidInput, Conflict) as error:
            found = problems(error)
            return await self._profile(call, None, {"typed": found.get("typed") or found[FORM]}, error)
        return self.pages.redirect(call, "/settings/profile?saved=1")

    async def show_members(self, call: Call) -> Response:
        """Who belongs to it, in which role."""
        return await self._members(call, FormFields({}), {})

    async def set_member(self, call: Call) -> Response:
        """Add a member or change a role."""
        form, org = await call.form_fields(), call.words["org"]
        try:
            user, role = form.text("user", "").strip(), OrgRole.parse(form.text("role", ""))
            await call.run(self.accounts.accounts.set_member, call.actor, org, user, role)
        except _REFUSALS as error:
            return await self._members(call, form, problems(error), error)
        return self.pages.redirect(call, f"/organizations/{org}/settings/members?saved=1")

    async def remove_member(self, call: Call) -> Response:
        """Take a member out."""
        org = call.words["org"]
        try:
            await call.run(self.accounts.accounts.remove_member, call.actor, org, call.words["user"])
        except _REFUSALS as error:
            return await self._members(call, FormFields({}), problems(error), error)
        return self.pages.redirect(call, f"/organizations/{org}/settings/members?saved=1")

    async def leave(self, call: Call) -> Response:
        """Go out of an organization by oneself."""
        await call.run(self.accounts.accounts.remove_member, call.actor, call.words["org"], call.actor.username or "")
        return self.pages.redirect(call, f"/{call.words['org']}")

    async def _new(
        self, call: Call, typed: FormFields, found: dict[str, str], error: HoldfastError | None = None
    ) -> Response:
        status = error.status if error else 200
        return await self.pages.render(call, "organizations/new.html", status=status, typed=typed, problems=found)

    async def _profile(
        self, call: Call, typed: ProfileChange | None, found: dict[str, str], error: HoldfastError | None = None
    ) -> Response:
        org = await call.run(self.accounts.namespaces.find_administered, call.actor, call.words["org"])
        return await self.pages.render(
            call,
            "organizations/profile.html",
            status=error.status if error else 200,
            json_url=f"/api/organizations/{org.name}/overview",
            org=org,
            typed=typed or ProfileChange(org.fullname, org.bio or "", org.private_by_default),
            problems=found,
            saved="saved" in call.query_params,
        )

    async def _members(
        self, call: Call, typed: FormFields, found: dict[str, str], error: HoldfastError | None = None
    ) -> Response:
        org = await call.run(self.accounts.namespaces.find_administered, call.actor, call.words["org"])
        after = call.number("cursor", 0, 0, 2**53)
        members = await call.run(self.accounts.profiles.list_members, org.name, after, _MEMBERS_PER_PAGE + 1)
        shown = members[:_MEMBERS_PER_PAGE]
        return await self.pages.render(
            call,
            "organizations/members.html",
            status=error.status if error else 200,
            json_url=f"/api/organizations/{org.name}/members",
            org=org,
            members=shown,
            next_cursor=shown[-1].namespace.id if len(members) > _MEMBERS_PER_PAGE else None,
            roles=list(OrgRole),
            typed=typed,
            problems=found,
            note=call.query_params,
        )


def _check_typed(form: FormFields, org: str) -> None:
    if form.text("typed", "").strip().lower() != org.lower():
        raise InvalidInput(field="typed", problem=f"must be {org}")
