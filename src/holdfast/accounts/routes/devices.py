"""OAuth device login, as `hf auth login` uses it.

Source: RFC 8628 (requests are forms, errors are `{"error": word}` with status 400); huggingface_hub 2.4.0
utils/_oauth_device.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.responses import Response

from holdfast.accounts.domain import IssuedOAuthToken, OAuthRefusal
from holdfast.accounts.service.devices import DeviceService
from holdfast.base.clock import iso
from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Permission
from holdfast.http.call import Call, Fields
from holdfast.http.responses import json_response
from holdfast.http.routing import Route

DEVICE_CODE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH_GRANT = "refresh_token"
_MAX_FORM_BYTES = 64 * 1024
_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class DeviceRoutes:
    """Programs that log in without a browser of their own."""

    devices: DeviceService

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        return (
            Route("POST", "/oauth/device", self.start, Permission.PUBLIC),
            Route("POST", "/oauth/token", self.token, Permission.PUBLIC),
            Route("GET", "/api/settings/devices/{id}", self.show, Permission.OWN_ACCOUNT),
            Route("POST", "/api/settings/devices", self.decide, Permission.OWN_ACCOUNT),
        )

    async def start(self, call: Call) -> Response:
        """Give the program its two codes."""
        form = await _form(call)
        issued = await call.run(self.devices.start, form.text("client_id"))
        page = call.urls.to("/oauth/device")
        body = {
            "device_code": issued.device_code,
            "user_code": issued.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={issued.user_code}",
            "expires_in": issued.lifetime_seconds,
            "interval": issued.interval_seconds,
        }
        return json_response(body, headers=_NO_STORE)

    async def show(self, call: Call) -> Response:
        """The program that waits under a user code."""
        grant = await call.run(self.devices.find, call.actor, call.words["id"])
        body = {"userCode": grant.user_code, "clientId": grant.client_id, "createdAt": iso(grant.created_at)}
        return json_response({**body, "expiresAt": iso(grant.expires_at)}, headers=_NO_STORE)

    async def token(self, call: Call) -> Response:
        """Exchange a device code or a refresh token for an access token."""
        form = await _form(call)
        grant_type = form.text("grant_type")
        if grant_type == DEVICE_CODE_GRANT:
            return _token_response(await call.run(self.devices.redeem, form.text("device_code")))
        if grant_type == REFRESH_GRANT:
            return _token_response(await call.run(self.devices.refresh, form.text("refresh_token")))
        return json_response({"error": "unsupported_grant_type"}, 400, _NO_STORE)

    async def decide(self, call: Call) -> Response:
        """Approve or deny, as the logged-in user."""
        fields = await call.fields()
        approve = fields.optional_flag("approve")
        if approve is None:
            raise InvalidInput(field="approve", problem="is missing")
        await call.run(self.devices.decide, call.actor, fields.text("userCode"), approve=approve)
        return Response(status_code=204)


def _token_response(answer: IssuedOAuthToken | OAuthRefusal) -> Response:
    if isinstance(answer, OAuthRefusal):
        return json_response({"error": answer.value}, 400, _NO_STORE)
    body = {
        "access_token": answer.access_token,
        "refresh_token": answer.refresh_token,
        "token_type": "bearer",
        "expires_in": answer.lifetime_seconds,
    }
    return json_response(body, headers=_NO_STORE)


async def _form(call: Call) -> Fields:
    body = await call.limited_body(_MAX_FORM_BYTES)
    try:
        return Fields(dict(parse_qsl(body.decode("ascii"), max_num_fields=20)))
    except ValueError as error:
        raise InvalidInput(field="body", problem="is not a form (application/x-www-form-urlencoded)") from error
