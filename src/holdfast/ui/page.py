"""Renders templates into responses: the frame of every page, its security headers, its compression.

It knows nothing of what a page shows.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from holdfast import __version__
from holdfast.base.clock import Clock, iso
from holdfast.base.errors import HoldfastError, LoginRequired
from holdfast.base.identity import Actor
from holdfast.http.call import Call
from holdfast.http.urls import Urls
from holdfast.ui import formats
from holdfast.ui.assets import Assets
from holdfast.ui.repo_lines import repo_description, repo_emoji, repo_facts

TEMPLATES_DIR = Path(__file__).parent / "templates"
CONTENT_SECURITY_POLICY = "; ".join((
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "frame-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'self'",
    "base-uri 'none'",
))  # fmt: skip
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "private, no-cache",
    "Vary": "Cookie, Accept-Encoding, HX-Request",
    # Forms need the Origin header that `http.csrf` looks at; other sites learn nothing.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), payment=(), usb=()",
}
_WORTH_COMPRESSING = 1_000
THEME_COOKIE = "holdfast_theme"
THEMES = ("light", "dark")

SiteFacts = Callable[[], Mapping[str, Any]]
"""What the frame shows on every page: `name`, `signup_open`, `banner` (a text, or "")."""


@dataclass(frozen=True)
class Pages:
    """What every page needs to be shown."""

    assets: Assets
    clock: Clock
    environment: Environment
    site: SiteFacts

    async def render(
        self,
        call: Call,
        template: str,
        *,
        status: int = 200,
        json_url: str | None = None,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> Response:
        """Show a template; it is filled in and compressed off the event loop.

        Args:
            call: the request.
            template: path below `templates/`.
            status: of the response.
            json_url: path of this page's JSON twin, below the server's own address.
            headers: added to those of every page.
            context: the template's variables, besides those of `_frame`.
        """
        query = call.scope["query_string"].decode("latin-1")
        frame = self._frame(call.scope, call.urls, call.actor) | {"json_url": json_url, "query": query}
        return await call.run(self._page, call.scope, template, frame | context, status, headers or {})

    def redirect(self, call: Call, path: str, status: int = 303) -> Response:
        """Go to another page; `path` starts with a slash, is not encoded yet, and is below the server's own address."""
        return RedirectResponse(call.urls.base + quote(path, safe="/?&=#%:+,;@!$'()*~-._"), status)

    def error_page(self, error: HoldfastError, scope: Scope, urls: Urls, actor: Actor) -> Response:
        """The page of an error; whoever only has to log in is sent there."""
        path = scope.get("holdfast.path", "/")
        if isinstance(error, LoginRequired) and scope["method"] in ("GET", "HEAD"):
            query = scope["query_string"].decode("latin-1")
            following = quote(f"{path}?{query}" if query else path, safe="/")
            return RedirectResponse(f"{urls.base}/login?next={following}", 303)
        frame = self._frame(scope, urls, actor) | {"json_url": None, "query": "", "error": error}
        return self._page(scope, "errors/error.html", frame, error.status, {})

    def _page(
        self, scope: Scope, template: str, context: Mapping[str, Any], status: int, headers: Mapping[str, str]
    ) -> Response:
        return self._response(scope, self._html(template, context), status, headers)

    def _html(self, template: str, context: Mapping[str, Any]) -> str:
        return self.environment.get_template(template).render(context)

    def _frame(self, scope: Scope, urls: Urls, actor: Actor) -> dict[str, Any]:
        """What base.html and the macros may use on every page."""
        prefix = urlsplit(urls.base).path
        now = self.clock()
        return {
            "actor": actor,
            "base_url": urls.base,
            "path": scope.get("holdfast.path", "/"),
            "url": lambda path: prefix + quote(path, safe="/?&=#%:+,;@!$'()*~-._"),
            "asset": lambda name: prefix + self.assets.path(name),
            "now": now,
            "ago": lambda milliseconds: formats.ago(milliseconds, now),
            "theme": _theme(scope),
            "site": self.site(),
            "version": __version__,
        }

    def _response(self, scope: Scope, html: str, status: int, headers: Mapping[str, str]) -> Response:
        body = html.encode()
        sent = {**_HEADERS, **headers}
        accepted = next((value for name, value in scope["headers"] if name == b"accept-encoding"), b"")
        if len(body) > _WORTH_COMPRESSING and b"gzip" in accepted:
            body = gzip.compress(body, 5, mtime=0)
            sent["Content-Encoding"] = "gzip"
        return Response(body, status, sent, "text/html; charset=utf-8")


def local_path(text: str | None) -> str:
    """The path of our own that a `next` field names, or `/`: never another site's address."""
    if text is None or not text.startswith("/") or text.startswith(("//", "/\\")) or "\n" in text or "\r" in text:
        return "/"
    return text


def open_pages(clock: Clock, site: SiteFacts) -> Pages:
    """Load the templates and static files that Holdfast ships."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES_DIR),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters.update(
        size=formats.size,
        count=formats.count,
        grouped=formats.grouped,
        plural=formats.plural,
        day=formats.day,
        moment=formats.moment,
        iso=iso,
        segment=lambda text: quote(text, safe=""),
        quoted=lambda text: quote(text, safe="/"),
    )
    environment.globals["icon"] = _icons()
    environment.globals.update(repo_facts=repo_facts, repo_description=repo_description, repo_emoji=repo_emoji)
    return Pages(Assets(), clock, environment, site)


def _theme(scope: Scope) -> str | None:
    """The theme that this browser chose; None follows the system's."""
    for name, value in scope["headers"]:
        if name == b"cookie":
            for theme in THEMES:
                if f"{THEME_COOKIE}={theme}".encode() in value:
                    return theme
    return None


def _icons() -> Callable[[str], Markup]:
    """`icon("heart")` puts a picture from `templates/icons/` into the page; it takes the text's colour and size."""
    known = {
        path.stem: Markup(path.read_text().strip())  # noqa: S704 - files that we ship
        for path in (TEMPLATES_DIR / "icons").glob("*.svg")
    }
    return lambda name: known[name]
