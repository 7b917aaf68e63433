"""The HTTP endpoints of accounts, one class per group."""

from __future__ import annotations

from holdfast.accounts.routes.devices import DeviceRoutes
from holdfast.accounts.routes.logins import LoginRoutes
from holdfast.accounts.routes.organizations import OrganizationRoutes
from holdfast.accounts.routes.profiles import ProfileRoutes
from holdfast.accounts.routes.tokens import TokenRoutes
from holdfast.accounts.service import AccountServices
from holdfast.http.routing import Route

__all__ = ["table"]


def table(services: AccountServices) -> tuple[Route, ...]:
    """Every route of accounts."""
    return (
        *ProfileRoutes(services.profiles).table(),
        *OrganizationRoutes(services.accounts, services.profiles).table(),
        *TokenRoutes(services.tokens).table(),
        *LoginRoutes(services.logins).table(),
        *DeviceRoutes(services.devices).table(),
    )
