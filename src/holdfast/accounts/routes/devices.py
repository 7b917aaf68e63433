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
from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Permission
from holdfast.http.call import Call, Fields
from holdfast.http.responses import json_response
from holdfast.http.routing import Route

DEVICE_CODE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH_GRANT = "refresh_token"
_MAX_FORM_BYTES = 64 * 1024
_NO_STORE = {"Cache-Control": "no-store"}

_HOW_TO_APPROVE = """\
A program wants to act for you, with the right to write.

Compare the code that it shows: {code}

To let it in, either run this on the machine that holds Holdfast's data:

    holdfast token approve {code} --user YOUR_NAME

or send this with your own password:

    curl -u YOUR_NAME -H 'Content-Type: application/json' \\
         -d '{{"userCode": "{code}", "approve": true}}' {url}
"""


@dataclass(frozen=True)
class DeviceRoutes:
    """Programs that log in without a browser of their own."""

    devices: DeviceService

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        return (
            Route("POST", "/oauth/device", self.start, Permission.PUBLIC),
            Route("GET", "/oauth/device", self.explain, Permission.PUBLIC),
            Route("POST", "/oauth/token", self.token, Permission.PUBLIC),
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

    async def explain(self, call: Call) -> Response:
        """Tell the person at the verification address what to do."""
        code = call.query_params.get("user_code", "")
        shown = code if len(code) <= 9 and code.isascii() and code.replace("-", "").isalpha() else "XXXX-XXXX"
        text = _HOW_TO_APPROVE.format(code=shown, url=call.urls.to("/api/settings/devices"))
        return Response(text, 200, _NO_STORE, "text/plain; charset=utf-8")

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
