"""The caller's login sessions. Needs a session or the password: a leaked token must not log its owner out."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.accounts.routes import shapes
from holdfast.accounts.service.sessions import SessionService
from holdfast.base.identity import Permission
from holdfast.http.authentication import SESSION_COOKIE
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route


@dataclass(frozen=True)
class SessionRoutes:
    """Lists sessions and ends them."""

    sessions: SessionService

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        account = Permission.OWN_ACCOUNT
        return (
            Route("GET", "/api/settings/sessions", self.list, account),
            Route("DELETE", "/api/settings/sessions", self.revoke_others, account),
            Route("DELETE", "/api/settings/sessions/{id}", self.revoke, account),
        )

    async def list(self, call: Call) -> Response:
        """The caller's live login sessions, the newest login first."""
        found = await call.run(self.sessions.list_sessions, call.actor, call.cookies.get(SESSION_COOKIE))
        return json_response([shapes.login_session(session) for session in found])

    async def revoke(self, call: Call) -> Response:
        """End one login session at once."""
        await call.run(self.sessions.revoke, call.actor, call.words["id"])
        return Response(status_code=204)

    async def revoke_others(self, call: Call) -> Response:
        """End every login session but the one that asks."""
        count = await call.run(self.sessions.revoke_others, call.actor, call.cookies.get(SESSION_COOKIE))
        return json_response({"revoked": count})
