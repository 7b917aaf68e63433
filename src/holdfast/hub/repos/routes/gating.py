"""Access requests of gated repos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import Response

from holdfast.base.clock import iso
from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.responses import json_response
from holdfast.http.routing import Route
from holdfast.hub.repos.service.gating import GatingService, NamedRequest
from holdfast.hub.repos.store.access_requests import RequestStatus

_MAX_FORM_BYTES = 64 * 1024


@dataclass(frozen=True)
class GatingRoutes:
    """Endpoints of `GatingService`."""

    gating: GatingService

    def table(self) -> tuple[Route, ...]:
        """All routes."""
        base = "/api/{types}/{repo}/user-access-request"
        admin = Permission.ADMIN_REPO
        return (
            Route("POST", "/{prefix}{repo}/ask-access", self.ask, Permission.WRITE_OWN),
            Route("POST", base, self.ask, Permission.WRITE_OWN),
            Route("POST", f"{base}/handle", self.handle, admin),
            Route("POST", f"{base}/grant", self.grant, admin),
            Route("GET", f"{base}/{{status}}", self.list_requests, admin),
        )

    async def ask(self, call: Call) -> Response:
        """Ask for the files of a gated repo; the fields of the body (JSON or a form) travel with the request."""
        answers = await _answers(call)
        status = await call.run(self.gating.ask, call.actor, call.repo_type, call.repo_id, answers)
        return json_response({"status": status.value})

    async def list_requests(self, call: Call) -> Response:
        """Requests that are pending, accepted or rejected."""
        status = _status(call.words["status"])
        found = await call.run(self.gating.list_requests, call.actor, call.repo_type, call.repo_id, status)
        return json_response([_item(named) for named in found])

    async def handle(self, call: Call) -> Response:
        """Decide a request {user or requestId, status, rejectionReason?}."""
        fields = await call.fields()
        if ("user" in fields) == ("requestId" in fields):
            raise InvalidInput(field="user", problem="or `requestId` must be given, and not both")
        await call.run(
            self.gating.handle,
            call.actor,
            call.repo_type,
            call.repo_id,
            username=fields.optional_text("user"),
            request_id=fields.optional_text("requestId"),
            status=_status(fields.text("status")),
            rejection_reason=fields.optional_text("rejectionReason"),
        )
        return json_response({})

    async def grant(self, call: Call) -> Response:
        """Give access to somebody who did not ask {user}."""
        fields = await call.fields()
        await call.run(self.gating.grant, call.actor, call.repo_type, call.repo_id, fields.text("user"))
        return json_response({})


async def _answers(call: Call) -> dict[str, Any]:
    if "form-urlencoded" in call.headers.get("content-type", ""):
        return dict(parse_qsl((await call.limited_body(_MAX_FORM_BYTES)).decode("utf-8", "replace")))
    return (await call.fields()).values


def _status(word: str) -> RequestStatus:
    for status in RequestStatus:
        if status.value == word:
            return status
    raise InvalidInput(field="status", problem="must be pending, accepted or rejected")


def _item(named: NamedRequest) -> dict[str, Any]:
    user: dict[str, Any] = {"user": named.user.name, "fullname": named.user.fullname}
    if named.email is not None:
        user["email"] = named.email
    return {
        "requestId": named.request.id,
        "user": user,
        "status": named.request.status.value,
        "timestamp": iso(named.request.requested_at),
        "fields": named.request.fields,
    }
