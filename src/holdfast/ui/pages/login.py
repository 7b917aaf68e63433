"""In and out: log in, log out, sign up, and the page of the first run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from holdfast.accounts.domain import IssuedSession, NewAccount
from holdfast.accounts.service import AccountServices
from holdfast.accounts.service.logins import SESSION_SECONDS
from holdfast.base.errors import HoldfastError, InvalidInput
from holdfast.base.identity import Permission
from holdfast.http.authentication import SESSION_COOKIE, clear_session_cookie, set_session_cookie
from holdfast.http.call import Call, FormFields
from holdfast.http.csrf import refuse_other_sites
from holdfast.http.routing import Family, Route
from holdfast.ui.forms import REFUSALS, problems
from holdfast.ui.page import Pages, local_path

_NO_STORE = {"Cache-Control": "no-store"}
_FIELDS = {"name": "username"}


@dataclass(frozen=True)
class LoginPages:
    """The doors of the site."""

    pages: Pages
    accounts: AccountServices

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        public, page = Permission.PUBLIC, Family.PAGE
        return (
            Route("GET", "/login", self.show_login, public, page),
            Route("POST", "/login", self.log_in, public, page),
            Route("GET", "/logout", self.show_logout, public, page),
            Route("POST", "/logout", self.log_out, public, page),
            Route("GET", "/join", self.show_join, public, page),
            Route("POST", "/join", self.join, public, page),
            Route("GET", "/setup", self.show_setup, public, page),
            Route("POST", "/setup", self.set_up, public, page),
        )

    async def show_login(self, call: Call) -> Response:
        """The form for name and password."""
        following = local_path(call.query_params.get("next"))
        if not call.actor.is_anonymous:
            return self.pages.redirect(call, following)
        return await self._login_form(call, following, "", {})

    async def log_in(self, call: Call) -> Response:
        """Start a login session and go where the person wanted to go."""
        form = await self._form(call)
        name, following = form.text("username", "").strip(), local_path(form.optional_text("next"))
        try:
            session = await call.run(
                self.accounts.logins.log_in, name, form.text("password", ""), call.actor, user_agent=_agent(call)
            )
        except REFUSALS as error:
            return await self._login_form(call, following, name, problems(error), error)
        return await self._enter(call, session, following)

    async def show_logout(self, call: Call) -> Response:
        """Ask: an address alone must not log anybody out."""
        if call.actor.is_anonymous:
            return self.pages.redirect(call, "/")
        return await self.pages.render(call, "login/logout.html")

    async def log_out(self, call: Call) -> Response:
        """End the login session of this browser."""
        await self._end_session(call)
        response = self.pages.redirect(call, "/")
        clear_session_cookie(response)
        return response

    async def show_join(self, call: Call) -> Response:
        """The form for a new account, where the administrator lets people sign up."""
        following = local_path(call.query_params.get("next"))
        if not call.actor.is_anonymous:
            return self.pages.redirect(call, following)
        if not self.accounts.site.settings().open_signup:
            return await self.pages.render(call, "login/closed.html", status=403)
        return await self._account_form(call, "login/join.html", {}, {}, following=following)

    async def join(self, call: Call) -> Response:
        """Create the account and log its owner in."""
        form = await self._form(call)
        following = local_path(form.optional_text("next"))
        try:
            new = _new_account(form)
            session = await call.run(self.accounts.signup.sign_up, call.actor, new, user_agent=_agent(call))
        except REFUSALS as error:
            typed = _typed(form)
            return await self._account_form(
                call, "login/join.html", typed, problems(error, _FIELDS), error, following=following
            )
        return await self._enter(call, session, following)

    async def show_setup(self, call: Call) -> Response:
        """The first run: whoever has the link that `holdfast serve` printed makes the administrator."""
        if not await call.run(self.accounts.first_admin.is_awaited):
            return self.pages.redirect(call, "/login")
        code = call.query_params.get("code", "")
        return await self._account_form(call, "login/setup.html", {"username": "admin"}, {}, code=code)

    async def set_up(self, call: Call) -> Response:
        """Hand the instance over."""
        form = await self._form(call)
        code = form.text("code", "").strip()
        try:
            new = _new_account(form)
            session = await call.run(self.accounts.first_admin.set_up, call.actor, code, new, user_agent=_agent(call))
        except REFUSALS as error:
            found = _setup_problems(error)
            return await self._account_form(call, "login/setup.html", _typed(form), found, error, code=code)
        return await self._enter(call, session, "/")

    async def _login_form(
        self, call: Call, following: str, name: str, found: dict[str, str], error: HoldfastError | None = None
    ) -> Response:
        return await self.pages.render(
            call,
            "login/login.html",
            status=error.status if error else 200,
            headers=_NO_STORE,
            following=following,
            username=name,
            problems=found,
            is_new=await call.run(self.accounts.first_admin.is_awaited),
        )

    async def _account_form(
        self,
        call: Call,
        template: str,
        typed: dict[str, str],
        found: dict[str, str],
        error: HoldfastError | None = None,
        **more: Any,
    ) -> Response:
        status = error.status if error else 200
        return await self.pages.render(
            call, template, status=status, headers=_NO_STORE, typed=typed, problems=found, **more
        )

    async def _form(self, call: Call) -> FormFields:
        # Without a session yet, nothing else keeps other sites from logging a browser in as somebody of theirs.
        refuse_other_sites(call.method, dict(call.scope["headers"]), call.urls.base)
        return await call.form_fields()

    async def _enter(self, call: Call, session: IssuedSession, following: str) -> Response:
        await self._end_session(call)
        response = self.pages.redirect(call, following)
        response.headers["Cache-Control"] = "no-store"
        set_session_cookie(response, session.secret, SESSION_SECONDS, call.urls.base)
        return response

    async def _end_session(self, call: Call) -> None:
        secret = call.cookies.get(SESSION_COOKIE)
        if secret:
            await call.run(self.accounts.logins.log_out, secret)


def _new_account(form: FormFields) -> NewAccount:
    password = form.text("password", "")
    if password != form.text("repeated", ""):
        raise InvalidInput(field="repeated", problem="is not the same password")
    name = form.text("username", "").strip()
    return NewAccount(name, password, form.optional_text("fullname"), form.optional_text("email"))


def _typed(form: FormFields) -> dict[str, str]:
    """What a form shows again: never the passwords."""
    return {name: form.text(name, "") for name in ("username", "fullname", "email")}


def _setup_problems(error: HoldfastError) -> dict[str, str]:
    if error.code == "WrongPassword":
        return {"code": "This is not the code that the running server has printed."}
    return problems(error, _FIELDS)


def _agent(call: Call) -> str | None:
    return call.header(b"user-agent")
