"""Puts the pages together: which services each group shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.app.services import Services
from holdfast.base.clock import now_milliseconds
from holdfast.http.routing import Route
from holdfast.ui.page import Pages, open_pages
from holdfast.ui.pages.login import LoginPages
from holdfast.ui.pages.theme import ThemePages


def open_site(services: Services) -> Pages:
    """Load templates and static files for these services."""

    def site() -> Mapping[str, Any]:
        found = services.accounts.site.settings()
        return {
            "name": found.instance_name,
            "signup_open": found.open_signup,
            "banner": found.announcement or "",
        }

    return open_pages(now_milliseconds, site)


def fixed_pages(pages: Pages, services: Services) -> tuple[Route, ...]:
    """Pages and files at addresses of their own; they go before the repos', of which some would be ids."""
    return (
        *pages.assets.table(),
        *ThemePages(pages).table(),
        *LoginPages(pages, services.accounts).table(),
    )


def repo_pages(pages: Pages, services: Services) -> tuple[Route, ...]:
    """Pages of repos, more specific ones first."""
    return ()


def namespace_pages(pages: Pages, services: Services) -> tuple[Route, ...]:
    """`/{namespace}`: it matches every address of one word, so it comes last of all."""
    return ()
