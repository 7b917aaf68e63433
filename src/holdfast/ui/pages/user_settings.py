"""What people set for themselves: profile, password, login sessions."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.accounts.domain import ProfileChange
from holdfast.accounts.service import AccountServices
from holdfast.accounts.service.logins import SESSION_SECONDS
from holdfast.base.errors import HoldfastError, InvalidInput
from holdfast.base.identity import Permission
from holdfast.http.authentication import SESSION_COOKIE, set_session_cookie
from holdfast.http.call import Call
from holdfast.http.routing import Family, Route
from holdfast.ui.browsers import name_browser
from holdfast.ui.forms import REFUSALS, problems
from holdfast.ui.page import Pages

_WHOAMI = "/api/whoami-v2"
_ACCOUNT_FIELDS = {"password": "new"}


@dataclass(frozen=True)
class UserSettingsPages:
    """`/settings/…`, apart from access tokens."""

    pages: Pages
    accounts: AccountServices

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        login, own, account, page = Permission.LOGIN, Permission.WRITE_OWN, Permission.OWN_ACCOUNT, Family.PAGE
        return (
            Route("GET", "/settings", self.show_profile, login, page),
            Route("GET", "/settings/profile", self.show_profile, login, page),
            Route("POST", "/settings/profile", self.edit_profile, own, page),
            Route("GET", "/settings/account", self.show_account, login, page),
            Route("POST", "/settings/email", self.change_email, own, page),
            Route("POST", "/settings/password", self.change_password, account, page),
            Route("GET", "/settings/sessions", self.show_sessions, account, page),
            Route("POST", "/settings/sessions/revoke-others", self.revoke_other_sessions, account, page),
            Route("POST", "/settings/sessions/{id}/revoke", self.revoke_session, account, page),
        )

    async def show_profile(self, call: Call) -> Response:
        """Full name and bio."""
        return await self._profile(call, None, {})

    async def edit_profile(self, call: Call) -> Response:
        """Save them."""
        form = await call.form_fields()
        change = ProfileChange(fullname=form.text("fullname", ""), bio=form.text("bio", ""))
        try:
            await call.run(self.accounts.namespaces.edit_own, call.actor, change)
        except InvalidInput as error:
            return await self._profile(call, change, problems(error), error)
        return self.pages.redirect(call, "/settings/profile?saved=1")

    async def show_account(self, call: Call) -> Response:
        """E-mail address and password."""
        return await self._account(call, None, {})

    async def change_email(self, call: Call) -> Response:
        """Save the address."""
        email = (await call.form_fields()).text("email", "")
        try:
            await call.run(self.accounts.namespaces.edit_own, call.actor, ProfileChange(), email=email)
        except InvalidInput as error:
            return await self._account(call, email, problems(error), error)
        return self.pages.redirect(call, "/settings/account?saved=email")

    async def change_password(self, call: Call) -> Response:
        """Replace the password; every other login session ends."""
        form = await call.form_fields()
        current, new, agent = form.text("current", ""), form.text("new", ""), call.header(b"user-agent")
        try:
            if new != form.text("repeated", ""):
                raise InvalidInput(field="repeated", problem="is not the same password")
            change = self.accounts.logins.change_password
            session = await call.run(change, call.actor, current, new, user_agent=agent)
        except REFUSALS as error:
            if call.actor.is_anonymous or call.actor.token_role is not None:
                raise
            return await self._account(call, None, _password_problems(error), error)
        response = self.pages.redirect(call, "/settings/account?saved=password")
        set_session_cookie(response, session.secret, SESSION_SECONDS, call.urls.base)
        return response

    async def show_sessions(self, call: Call) -> Response:
        """Where one is logged in."""
        current = call.cookies.get(SESSION_COOKIE)
        sessions = await call.run(self.accounts.sessions.list_sessions, call.actor, current)
        return await self.pages.render(
            call,
            "user_settings/sessions.html",
            json_url="/api/settings/sessions",
            sessions=[(session, name_browser(session.user_agent)) for session in sessions],
        )

    async def revoke_session(self, call: Call) -> Response:
        """Log one browser out."""
        await call.run(self.accounts.sessions.revoke, call.actor, call.words["id"])
        return self.pages.redirect(call, "/settings/sessions?saved=1")

    async def revoke_other_sessions(self, call: Call) -> Response:
        """Log out everywhere but here."""
        await call.run(self.accounts.sessions.revoke_others, call.actor, call.cookies.get(SESSION_COOKIE))
        return self.pages.redirect(call, "/settings/sessions?saved=1")

    async def _profile(
        self, call: Call, typed: ProfileChange | None, found: dict[str, str], error: HoldfastError | None = None
    ) -> Response:
        identity = await call.run(self.accounts.profiles.whoami, call.actor)
        who = identity.user.namespace
        return await self.pages.render(
            call,
            "user_settings/profile.html",
            status=error.status if error else 200,
            json_url=_WHOAMI,
            who=who,
            orgs=identity.orgs,
            typed=typed or ProfileChange(who.fullname, who.bio or ""),
            problems=found,
            saved="saved" in call.query_params,
        )

    async def _account(
        self, call: Call, email: str | None, found: dict[str, str], error: HoldfastError | None = None
    ) -> Response:
        identity = await call.run(self.accounts.profiles.whoami, call.actor)
        return await self.pages.render(
            call,
            "user_settings/account.html",
            status=error.status if error else 200,
            json_url=_WHOAMI,
            user=identity.user,
            email=identity.user.email or "" if email is None else email,
            problems=found,
            saved=call.query_params.get("saved", ""),
        )


def _password_problems(error: HoldfastError) -> dict[str, str]:
    if error.code == "WrongPassword":
        return {"current": "This is not your password."}
    return problems(error, _ACCOUNT_FIELDS)
