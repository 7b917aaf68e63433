"""Administration of the site: users, room, the audit log, health, settings."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from holdfast.accounts.auditing import AuditAction, AuditQuery
from holdfast.accounts.service import AccountServices
from holdfast.base.errors import Conflict, HoldfastError, InvalidInput
from holdfast.base.identity import Permission
from holdfast.http.call import Call, FormFields
from holdfast.http.routing import Family, Route
from holdfast.ui.administration import Administration
from holdfast.ui.forms import FORM, problems
from holdfast.ui.page import Pages

_NO_STORE = {"Cache-Control": "no-store"}
_USERS_PER_PAGE = 50
_EVENTS_PER_PAGE = 100
_CHANGES: dict[str, dict[str, bool]] = {
    "disable": {"disabled": True},
    "enable": {"disabled": False},
    "promote": {"is_site_admin": True},
    "demote": {"is_site_admin": False},
}


@dataclass(frozen=True)
class AdminPages:
    """`/admin/…`, for site admins."""

    pages: Pages
    accounts: AccountServices
    administration: Administration

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        admin, page = Permission.SITE_ADMIN, Family.PAGE
        return (
            Route("GET", "/admin", self.show_users, admin, page),
            Route("GET", "/admin/users", self.show_users, admin, page),
            Route("POST", "/admin/users", self.add_user, admin, page),
            Route("POST", "/admin/users/{user}", self.change_user, admin, page),
            Route("POST", "/admin/users/{user}/password", self.reset_password, admin, page),
            Route("GET", "/admin/storage", self.show_storage, admin, page),
            Route("GET", "/admin/storage/garbage", self.show_garbage, admin, page),
            Route("GET", "/admin/audit", self.show_audit, admin, page),
            Route("GET", "/admin/doctor", self.show_doctor, admin, page),
            Route("GET", "/admin/settings", self.show_settings, admin, page),
            Route("POST", "/admin/settings", self.change_settings, admin, page),
        )

    async def show_users(self, call: Call) -> Response:
        """Everybody who has an account, by name."""
        return await self._users(call, FormFields({}), {})

    async def add_user(self, call: Call) -> Response:
        """Add somebody. This answer alone holds the password, so nothing leads elsewhere."""
        form = await call.form_fields()
        try:
            user, password = await call.run(
                self.accounts.users.add_user,
                call.actor,
                form.text("username", "").strip(),
                fullname=form.optional_text("fullname"),
                email=form.optional_text("email"),
                is_site_admin=form.flag("is_admin"),
            )
        except (InvalidInput, Conflict) as error:
            return await self._users(call, form, problems(error, {"name": "username"}), error)
        return await self._users(call, FormFields({}), {}, given=(user.name, password))

    async def change_user(self, call: Call) -> Response:
        """Disable, enable, make an administrator or no longer."""
        form, name = await call.form_fields(), call.words["user"]
        change = _CHANGES.get(form.text("change", ""))
        if change is None:
            raise InvalidInput(field="change", problem=f"must be one of {', '.join(_CHANGES)}")
        try:
            await call.run(self.accounts.users.change_user, call.actor, name, **change)
        except Conflict as error:
            return await self._users(call, FormFields({}), {FORM: error.message}, error)
        return self.pages.redirect(call, f"/admin/users?{urlencode({'search': name})}")

    async def reset_password(self, call: Call) -> Response:
        """Give somebody a new password, which is shown once."""
        name = call.words["user"]
        password = await call.run(self.accounts.users.reset_password, call.actor, name)
        return await self._users(call, FormFields({}), {}, given=(name, password))

    async def show_storage(self, call: Call) -> Response:
        """What takes how much room, and what is saved."""
        report = await call.run(self.administration.report_storage, call.actor)
        return await self.pages.render(call, "admin/storage.html", json_url="/api/admin/storage", report=report)

    async def show_garbage(self, call: Call) -> Response:
        """What garbage collection would free."""
        forecast = await call.run(self.administration.forecast_garbage, call.actor)
        json_url = "/api/admin/storage/garbage"
        return await self.pages.render(call, "admin/garbage.html", json_url=json_url, forecast=forecast)

    async def show_audit(self, call: Call) -> Response:
        """Who did what, newest first."""
        words = call.query_params
        query = AuditQuery(
            actor=words.get("actor", "").strip() or None,
            action=AuditAction.parse(words["action"]) if words.get("action") else None,
            target=words.get("target", "").strip() or None,
            before=call.number("cursor", 0, 0, 2**53) or None,
        )
        page = await call.run(self.accounts.audit.list_events, call.actor, query, _EVENTS_PER_PAGE)
        kept = [(name, words[name]) for name in ("actor", "action", "target") if words.get(name)]
        following = urlencode([*kept, ("cursor", str(page.next_cursor))]) if page.next_cursor else ""
        return await self.pages.render(
            call,
            "admin/audit.html",
            json_url=f"/api/admin/audit?{urlencode(kept)}" if kept else "/api/admin/audit",
            events=page.events,
            following=following,
            asked=query,
            actions=list(AuditAction),
        )

    async def show_doctor(self, call: Call) -> Response:
        """What keeps the server from working, or might."""
        findings = await call.run(self.administration.examine, call.actor)
        return await self.pages.render(call, "admin/doctor.html", json_url="/api/admin/doctor", findings=findings)

    async def show_settings(self, call: Call) -> Response:
        """What can be changed while the server runs."""
        return await self._settings(call, {})

    async def change_settings(self, call: Call) -> Response:
        """Change it."""
        form = await call.form_fields()
        try:
            await call.run(
                self.accounts.site.change,
                call.actor,
                open_signup=form.flag("open_signup"),
                instance_name=form.text("instance_name", ""),
                announcement=form.text("announcement", ""),
            )
        except InvalidInput as error:
            return await self._settings(call, problems(error), error)
        return self.pages.redirect(call, "/admin/settings?saved=1")

    async def _users(
        self,
        call: Call,
        typed: FormFields,
        found: dict[str, str],
        error: HoldfastError | None = None,
        *,
        given: tuple[str, str] | None = None,
    ) -> Response:
        search, after = call.query_params.get("search", "").strip(), call.query_params.get("cursor", "")
        users = self.accounts.users
        page = await call.run(users.find_users, call.actor, search, after=after, limit=_USERS_PER_PAGE)
        following = urlencode({"search": search, "cursor": page.next_cursor}) if page.next_cursor else ""
        return await self.pages.render(
            call,
            "admin/users.html",
            status=error.status if error else 200,
            headers=_NO_STORE,
            json_url="/api/admin/users",
            users=page.users,
            following=following,
            search=search,
            typed=typed,
            problems=found,
            given=given,
        )

    async def _settings(self, call: Call, found: dict[str, str], error: HoldfastError | None = None) -> Response:
        settings = await call.run(self.accounts.site.for_admins, call.actor)
        return await self.pages.render(
            call,
            "admin/settings.html",
            status=error.status if error else 200,
            json_url="/api/admin/settings",
            settings=settings,
            problems=found,
            saved="saved" in call.query_params,
        )
