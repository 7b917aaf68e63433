"""Access tokens: made, shown once, listed, revoked; and programs that ask for one by a code (`hf auth login`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.responses import Response

from holdfast.accounts.checks import parse_permission, parse_token_role
from holdfast.accounts.domain import DeviceGrant, IssuedToken
from holdfast.accounts.service import AccountServices
from holdfast.base.errors import HoldfastError, InvalidInput, NotFound
from holdfast.base.identity import Grant, Permission, TokenRole
from holdfast.base.ids import RepoType
from holdfast.http.call import Call, FormFields
from holdfast.http.routing import Family, Route
from holdfast.ui.forms import problems
from holdfast.ui.page import Pages

_NO_STORE = {"Cache-Control": "no-store"}
_DAY_MILLISECONDS = 24 * 3600 * 1000
_LIFETIMES = (7, 30, 90, 365)
_GRANT_LINES = 4
_FIELDS = {"displayName": "name", "expiresAt": "days"}


@dataclass(frozen=True)
class TokenPages:
    """`/settings/tokens` and the page on which people let a program in."""

    pages: Pages
    accounts: AccountServices

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        account, page = Permission.OWN_ACCOUNT, Family.PAGE
        return (
            Route("GET", "/settings/tokens", self.show, account, page),
            Route("POST", "/settings/tokens", self.create, account, page),
            Route("POST", "/settings/tokens/{id}/revoke", self.revoke, account, page),
            Route("GET", "/oauth/device", self.show_device, Permission.PUBLIC, page),
            Route("POST", "/oauth/device/decide", self.decide_device, account, page),
        )

    async def show(self, call: Call) -> Response:
        """The tokens, without their secrets, and the form for a new one."""
        return await self._show(call, FormFields({}))

    async def create(self, call: Call) -> Response:
        """Make a token. This answer alone holds its secret, so nothing leads elsewhere."""
        form = await call.form_fields()
        try:
            issued = await call.run(
                self.accounts.tokens.create_access_token,
                call.actor,
                form.text("name", "").strip(),
                parse_token_role(form.text("role", "")),
                grants=tuple(_grants(form, call.actor.username or "")),
                expires_at=self._expiry(form),
            )
        except InvalidInput as error:
            return await self._show(call, form, error=error)
        return await self._show(call, FormFields({}), issued=issued)

    async def revoke(self, call: Call) -> Response:
        """End a token at once."""
        word = call.words["id"]
        if not (word.isascii() and word.isdecimal() and len(word) < 19):
            raise NotFound(what=f"Access token {word[:50]!r}")
        await call.run(self.accounts.tokens.revoke_access_token, call.actor, int(word))
        return self.pages.redirect(call, "/settings/tokens?revoked=1")

    async def show_device(self, call: Call) -> Response:
        """Ask for the code that a program shows, then whether that program may act for the person."""
        code = call.query_params.get("user_code", "").strip()
        if not code:
            return await self._device(call, "", None, {})
        try:
            grant = await call.run(self.accounts.devices.find, call.actor, code)
        except NotFound as error:
            found = {"user_code": "No program waits under this code. It may be mistyped, used, or too old."}
            return await self._device(call, code, None, found, error)
        return await self._device(call, grant.user_code, grant, {})

    async def decide_device(self, call: Call) -> Response:
        """Let the program in, or turn it away."""
        form = await call.form_fields()
        approve = form.text("decision", "") == "approve"
        await call.run(self.accounts.devices.decide, call.actor, form.text("user_code", ""), approve=approve)
        return await self.pages.render(call, "user_settings/device_decided.html", headers=_NO_STORE, approved=approve)

    async def _device(
        self,
        call: Call,
        code: str,
        grant: DeviceGrant | None,
        found: dict[str, str],
        error: HoldfastError | None = None,
    ) -> Response:
        status = error.status if error else 200
        template = "user_settings/device.html"
        twin = f"/api/settings/devices/{grant.user_code}" if grant else None
        return await self.pages.render(
            call, template, status=status, json_url=twin, headers=_NO_STORE, code=code, grant=grant, problems=found
        )

    async def _show(
        self, call: Call, typed: FormFields, *, error: HoldfastError | None = None, issued: IssuedToken | None = None
    ) -> Response:
        tokens = await call.run(self.accounts.tokens.list_access_tokens, call.actor)
        identity = await call.run(self.accounts.profiles.whoami, call.actor)
        return await self.pages.render(
            call,
            "user_settings/tokens.html",
            status=error.status if error else 200,
            headers=_NO_STORE,
            json_url="/api/settings/tokens",
            tokens=tokens[::-1],
            issued=issued,
            typed=typed,
            problems=problems(error, _FIELDS) if error else {},
            lifetimes=_LIFETIMES,
            lines=range(_GRANT_LINES),
            namespaces=[identity.user.name, *(membership.namespace.name for membership in identity.orgs)],
        )

    def _expiry(self, form: FormFields) -> int | None:
        word = form.text("days", "")
        if not word:
            return None
        if word not in {str(days) for days in _LIFETIMES}:
            raise InvalidInput(field="days", problem="must be one of the choices")
        return self.accounts.tokens.clock() + int(word) * _DAY_MILLISECONDS


def _grants(form: FormFields, username: str) -> Iterator[Grant]:
    """The lines of a fine-grained token: what of whom, and how much; lines without a name are none."""
    if form.text("role", "") != TokenRole.FINE_GRAINED.value:
        return
    for number in range(_GRANT_LINES):
        name = form.text(f"scope-{number}", "").strip()
        if name:
            kind = form.text(f"kind-{number}", "")
            prefix = f"{RepoType.parse(kind).value}:" if kind else ""
            yield Grant(prefix + name, frozenset({parse_permission(form.text(f"access-{number}", ""))}))
    if form.flag("own"):
        yield Grant(username, frozenset({Permission.WRITE_OWN}))
