"""The caller's access tokens. Needs a login session or the password: a leaked token must not make others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import Response

from holdfast.accounts.checks import MAX_GRANTS, parse_permission, parse_token_role
from holdfast.accounts.routes import shapes
from holdfast.accounts.service.tokens import TokenService
from holdfast.base.errors import InvalidInput, NotFound
from holdfast.base.identity import Grant, Permission
from holdfast.http.call import Call, Fields
from holdfast.http.responses import json_response
from holdfast.http.routing import Route

DAY_MILLISECONDS = 24 * 3600 * 1000
MAX_DAYS = 36_500


@dataclass(frozen=True)
class TokenRoutes:
    """Lists, creates and revokes tokens."""

    tokens: TokenService

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        return (
            Route("GET", "/api/settings/tokens", self.list, Permission.OWN_ACCOUNT),
            Route("POST", "/api/settings/tokens", self.create, Permission.OWN_ACCOUNT),
            Route("DELETE", "/api/settings/tokens/{id}", self.revoke, Permission.OWN_ACCOUNT),
        )

    async def list(self, call: Call) -> Response:
        """The caller's tokens, without their secrets."""
        tokens = await call.run(self.tokens.list_access_tokens, call.actor)
        return json_response([shapes.access_token(token) for token in tokens])

    async def create(self, call: Call) -> Response:
        """Create a token; its secret is in this answer and nowhere else."""
        fields = await call.fields()
        issued = await call.run(
            self.tokens.create_access_token,
            call.actor,
            fields.text("displayName"),
            parse_token_role(fields.text("role")),
            grants=tuple(_grants(fields.objects("grants", MAX_GRANTS))),
            expires_at=self._expiry(fields),
        )
        body = {**shapes.access_token(issued.token), "token": issued.secret}
        return json_response(body, 201, {"Cache-Control": "no-store"})

    async def revoke(self, call: Call) -> Response:
        """End a token at once."""
        word = call.words["id"]
        if not (word.isascii() and word.isdecimal() and len(word) < 19):
            raise NotFound(what=f"Access token {word[:50]!r}")
        await call.run(self.tokens.revoke_access_token, call.actor, int(word))
        return Response(status_code=204)

    def _expiry(self, fields: Fields) -> int | None:
        if "expiresInDays" not in fields:
            return None
        days = fields.number("expiresInDays")
        if not 1 <= days <= MAX_DAYS:
            raise InvalidInput(field="expiresInDays", problem=f"must be 1 to {MAX_DAYS}")
        return self.tokens.clock() + days * DAY_MILLISECONDS


def _grants(lines: Iterable[Fields]) -> Iterable[Grant]:
    for line in lines:
        words = line.texts("permissions", len(Permission))
        yield Grant(line.text("scope"), frozenset(parse_permission(word) for word in words))
