"""What administrators of the site see and do: users, the audit log, the site's settings."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.accounts.auditing import AuditAction, AuditQuery
from holdfast.accounts.domain import SiteSettings
from holdfast.accounts.routes import shapes
from holdfast.accounts.service.accounts import AccountService
from holdfast.accounts.service.audit import AuditLog
from holdfast.accounts.service.site import SiteService
from holdfast.accounts.service.users import UserAdminService
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response, page_response
from holdfast.http.routing import Route

USERS_PER_PAGE = 100
EVENTS_PER_PAGE = 100
_MOST = 1000


@dataclass(frozen=True)
class AdminRoutes:
    """Endpoints for site admins."""

    accounts: AccountService
    users: UserAdminService
    audit: AuditLog
    site: SiteService

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        admin = Permission.SITE_ADMIN
        return (
            Route("GET", "/api/admin/users", self.list_users, admin),
            Route("POST", "/api/admin/users", self.create_user, admin),
            Route("PUT", "/api/admin/users/{user}", self.change_user, admin),
            Route("POST", "/api/admin/users/{user}/password", self.reset_password, admin),
            Route("GET", "/api/admin/audit", self.list_events, admin),
            Route("GET", "/api/admin/settings", self.show_settings, admin),
            Route("PUT", "/api/admin/settings", self.change_settings, admin),
        )

    async def list_users(self, call: Call) -> Response:
        """Users by name: `search` is part of a name, full name or e-mail address."""
        text, after = call.query_params.get("search", ""), call.query_params.get("cursor", "")
        limit = call.number("limit", USERS_PER_PAGE, 1, _MOST)
        page = await call.run(self.users.find_users, call.actor, text, after=after, limit=limit)
        return page_response(call, [shapes.managed_user(user) for user in page.users], page.next_cursor)

    async def create_user(self, call: Call) -> Response:
        """Add a user. Without a password, only access tokens that an administrator makes let the user in."""
        fields = await call.fields()
        user = await call.run(
            self.accounts.create_user,
            call.actor,
            fields.text("username"),
            password=fields.optional_text("password"),
            fullname=fields.optional_text("fullname"),
            email=fields.optional_text("email"),
            is_site_admin=fields.optional_flag("isAdmin") or False,
        )
        return json_response(shapes.managed_user(user), 201)

    async def change_user(self, call: Call) -> Response:
        """Disable or enable a user (`disabled`), let the user administer this Holdfast or no longer (`isAdmin`)."""
        fields, name = await call.fields(), call.words["user"]
        disabled, is_admin = fields.optional_flag("disabled"), fields.optional_flag("isAdmin")
        user = await call.run(self.users.change_user, call.actor, name, disabled=disabled, is_site_admin=is_admin)
        return json_response(shapes.managed_user(user))

    async def reset_password(self, call: Call) -> Response:
        """Give a user a made-up password; it is in this answer and nowhere else. Ends the user's login sessions."""
        password = await call.run(self.users.reset_password, call.actor, call.words["user"])
        return json_response({"password": password}, headers={"Cache-Control": "no-store"})

    async def list_events(self, call: Call) -> Response:
        """The audit log, newest first, by `actor`, `action` and `target`."""
        words = call.query_params
        query = AuditQuery(
            actor=words.get("actor") or None,
            action=AuditAction.parse(words["action"]) if words.get("action") else None,
            target=words.get("target") or None,
            before=call.number("cursor", 0, 0, 2**53) or None,
        )
        limit = call.number("limit", EVENTS_PER_PAGE, 1, _MOST)
        page = await call.run(self.audit.list_events, call.actor, query, limit)
        cursor = None if page.next_cursor is None else str(page.next_cursor)
        return page_response(call, [shapes.audit_event(event) for event in page.events], cursor)

    async def show_settings(self, call: Call) -> Response:
        """The site's settings."""
        return json_response(_settings(await call.run(self.site.for_admins, call.actor)))

    async def change_settings(self, call: Call) -> Response:
        """Change the site's settings while the server runs; what is absent stays."""
        fields = await call.fields()
        changed = await call.run(
            self.site.change,
            call.actor,
            open_signup=fields.optional_flag("openSignup"),
            instance_name=fields.optional_text("instanceName"),
            announcement=fields.optional_text("announcement"),
        )
        return json_response(_settings(changed))


def _settings(settings: SiteSettings) -> dict[str, object]:
    return {
        "openSignup": settings.open_signup,
        "instanceName": settings.instance_name,
        "announcement": settings.announcement,
    }
