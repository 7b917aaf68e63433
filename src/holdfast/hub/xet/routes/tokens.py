"""The Hub's side of Xet: access tokens for the CAS.

Source: huggingface_hub 2.4.0 utils/_xet.py reads the headers, hf-xet the JSON when it refreshes a token.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.hub.xet.domain import CasAccess, Scope
from holdfast.hub.xet.service.tokens import CasTokens

_PULL_REQUESTS = "refs/pr/"


@dataclass(frozen=True)
class TokenRoutes:
    """Endpoints of `CasTokens`."""

    tokens: CasTokens

    def table(self) -> tuple[Route, ...]:
        """The routes."""
        return (
            Route("GET", "/api/{types}/{repo}/xet-read-token/{rev}", self.read_token, Permission.READ_REPO),
            Route("GET", "/api/{types}/{repo}/xet-write-token/{rev}", self.write_token, Permission.WRITE_REPO),
        )

    async def read_token(self, call: Call) -> Response:
        """GET a token for reading the repo's files."""
        return await self._issue(call, Scope.READ, for_pull_request=False)

    async def write_token(self, call: Call) -> Response:
        """GET a token for uploading; DISCUSS_REPO suffices for pull requests.

        With `create_pr` the revision is the literal word `None` in some versions of the client.
        """
        for_pull_request = call.flag("create_pr") or call.words["rev"].startswith(_PULL_REQUESTS)
        return await self._issue(call, Scope.WRITE, for_pull_request=for_pull_request)

    async def _issue(self, call: Call, scope: Scope, *, for_pull_request: bool) -> Response:
        issue, where = self.tokens.issue, (call.actor, call.repo_type, call.repo_id)
        return token_response(call, await call.run(issue, *where, scope, for_pull_request=for_pull_request))


def token_response(call: Call, access: CasAccess) -> Response:
    """An issued token as clients read it: from headers or from JSON."""
    cas_url = call.urls.to(access.path)
    headers = {
        "X-Xet-Cas-Url": cas_url,
        "X-Xet-Access-Token": access.word,
        "X-Xet-Token-Expiration": str(access.expires_at_seconds),
        "Cache-Control": "no-store",
    }
    body = {"casUrl": cas_url, "exp": access.expires_at_seconds, "accessToken": access.word}
    return json_response(body, headers=headers)
