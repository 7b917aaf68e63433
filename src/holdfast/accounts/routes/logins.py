"""Login sessions and passwords. The cookie is HttpOnly; `csrfToken` goes with every write (`http.csrf`)."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.accounts.domain import IssuedSession, NewAccount
from holdfast.accounts.service.first_admin import FirstAdminService
from holdfast.accounts.service.logins import SESSION_SECONDS, LoginService
from holdfast.accounts.service.signup import SignupService
from holdfast.base.clock import iso
from holdfast.base.identity import Permission
from holdfast.http.authentication import SESSION_COOKIE, clear_session_cookie, set_session_cookie
from holdfast.http.call import Call, Fields
from holdfast.http.csrf import csrf_token, refuse_other_sites
from holdfast.http.responses import json_response
from holdfast.http.routing import Route


@dataclass(frozen=True)
class LoginRoutes:
    """In and out by password."""

    logins: LoginService
    signup: SignupService
    first_admin: FirstAdminService

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        return (
            Route("POST", "/api/login", self.log_in, Permission.PUBLIC),
            Route("POST", "/api/logout", self.log_out, Permission.PUBLIC),
            Route("POST", "/api/signup", self.sign_up, Permission.PUBLIC),
            Route("POST", "/api/setup", self.set_up, Permission.PUBLIC),
            Route("POST", "/api/settings/password", self.change_password, Permission.OWN_ACCOUNT),
        )

    async def log_in(self, call: Call) -> Response:
        """Start a login session."""
        refuse_other_sites(call.method, dict(call.scope["headers"]), call.urls.base)
        fields = await call.fields()
        name, password = fields.text("username"), fields.text("password")
        agent = call.header(b"user-agent")
        session = await call.run(self.logins.log_in, name, password, call.actor, user_agent=agent)
        return session_response(call, session)

    async def sign_up(self, call: Call) -> Response:
        """Create an account for oneself and log in, where the administrator lets people."""
        refuse_other_sites(call.method, dict(call.scope["headers"]), call.urls.base)
        new = _new_account(await call.fields())
        agent = call.header(b"user-agent")
        return session_response(call, await call.run(self.signup.sign_up, call.actor, new, user_agent=agent))

    async def set_up(self, call: Call) -> Response:
        """Take over a new instance with the code that `holdfast serve` has printed."""
        refuse_other_sites(call.method, dict(call.scope["headers"]), call.urls.base)
        fields = await call.fields()
        code, new, agent = fields.text("code"), _new_account(fields), call.header(b"user-agent")
        return session_response(call, await call.run(self.first_admin.set_up, call.actor, code, new, user_agent=agent))

    async def log_out(self, call: Call) -> Response:
        """End the login session of the cookie, if there is one."""
        secret = call.cookies.get(SESSION_COOKIE)
        if secret:
            await call.run(self.logins.log_out, secret)
        response = Response(status_code=204)
        clear_session_cookie(response)
        return response

    async def change_password(self, call: Call) -> Response:
        """Replace the password; every other login session of the user ends."""
        fields = await call.fields()
        current, new = fields.text("currentPassword"), fields.text("newPassword")
        agent = call.header(b"user-agent")
        session = await call.run(self.logins.change_password, call.actor, current, new, user_agent=agent)
        return session_response(call, session)


def _new_account(fields: Fields) -> NewAccount:
    return NewAccount(
        fields.text("username"),
        fields.text("password"),
        fields.optional_text("fullname"),
        fields.optional_text("email"),
    )


def session_response(call: Call, session: IssuedSession) -> Response:
    """Tell who is logged in now, and set the cookie."""
    body = {
        "user": session.user.name,
        "csrfToken": csrf_token(session.secret),
        "expiresAt": iso(session.expires_at),
    }
    response = json_response(body, headers={"Cache-Control": "no-store"})
    set_session_cookie(response, session.secret, SESSION_SECONDS, call.urls.base)
    return response
