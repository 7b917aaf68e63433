"""Light, dark or as the system says: a choice of the browser, kept in a cookie."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Permission
from holdfast.http.call import Call
from holdfast.http.routing import Family, Route
from holdfast.ui.page import THEME_COOKIE, THEMES, Pages, local_path

_YEAR_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class ThemePages:
    """The buttons at the foot of every page."""

    pages: Pages

    def table(self) -> tuple[Route, ...]:
        """The routes of this group."""
        return (Route("POST", "/theme", self.choose, Permission.PUBLIC, Family.PAGE),)

    async def choose(self, call: Call) -> Response:
        """Remember the choice and go back."""
        form = await call.form_fields()
        theme = form.text("theme")
        response = self.pages.redirect(call, local_path(form.optional_text("next")))
        if theme == "system":
            response.delete_cookie(THEME_COOKIE, samesite="lax")
        elif theme in THEMES:
            response.set_cookie(THEME_COOKIE, theme, max_age=_YEAR_SECONDS, samesite="lax", httponly=True)
        else:
            raise InvalidInput(field="theme", problem="must be light, dark or system")
        return response
