"""The HTTP endpoints of accounts, one class per group."""

from __future__ import annotations

from holdfast.accounts.routes.admin import AdminRoutes
from holdfast.accounts.routes.devices import DeviceRoutes
from holdfast.accounts.routes.logins import LoginRoutes
from holdfast.accounts.routes.organizations import OrganizationRoutes
from holdfast.accounts.routes.profiles import ProfileRoutes
from holdfast.accounts.routes.sessions import SessionRoutes
from holdfast.accounts.routes.tokens import TokenRoutes
from holdfast.accounts.service import AccountServices
from holdfast.http.routing import Route

__all__ = ["table"]


def table(services: AccountServices) -> tuple[Route, ...]:
    """Every route of accounts."""
    return (
        *ProfileRoutes(services.profiles, services.namespaces).table(),
        *OrganizationRoutes(services.accounts, services.namespaces, services.profiles).table(),
        *TokenRoutes(services.tokens).table(),
        *LoginRoutes(services.logins, services.signup, services.first_admin).table(),
        *SessionRoutes(services.sessions).table(),
        *AdminRoutes(services.accounts, services.users, services.audit, services.site).table(),
        *DeviceRoutes(services.devices).table(),
    )
