"""The use cases of accounts, one class per group; `AccountServices` holds them all for `app` and `cli`."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.accounts.domain import SiteSettings
from holdfast.accounts.passwords import Patience
from holdfast.accounts.service.accounts import AccountService
from holdfast.accounts.service.audit import AuditLog
from holdfast.accounts.service.authentication import AuthenticationService
from holdfast.accounts.service.devices import DeviceService
from holdfast.accounts.service.first_admin import FirstAdminService
from holdfast.accounts.service.logins import LoginService
from holdfast.accounts.service.namespaces import NamespaceService
from holdfast.accounts.service.profiles import ProfileService, RepoCounter
from holdfast.accounts.service.sessions import SessionService
from holdfast.accounts.service.signup import SignupService
from holdfast.accounts.service.site import SiteService
from holdfast.accounts.service.tokens import TokenService
from holdfast.accounts.service.users import UserAdminService
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock

__all__ = [
    "AccountService",
    "AccountServices",
    "AuditLog",
    "AuthenticationService",
    "DeviceService",
    "FirstAdminService",
    "LoginService",
    "NamespaceService",
    "ProfileService",
    "RepoCounter",
    "SessionService",
    "SignupService",
    "SiteService",
    "TokenService",
    "UserAdminService",
    "open_accounts",
]


@dataclass(frozen=True)
class AccountServices:
    """Everything that accounts can do."""

    accounts: AccountService
    namespaces: NamespaceService
    profiles: ProfileService
    tokens: TokenService
    logins: LoginService
    sessions: SessionService
    signup: SignupService
    devices: DeviceService
    authentication: AuthenticationService
    first_admin: FirstAdminService
    users: UserAdminService
    site: SiteService
    audit: AuditLog


def open_accounts(
    database: Database,
    clock: Clock,
    repo_counter: RepoCounter | None = None,
    site_defaults: SiteSettings | None = None,
) -> AccountServices:
    """Build the services of one process.

    Args:
        database: with the tables in place.
        clock: milliseconds since 1970.
        repo_counter: how many repos a namespace has; None leaves the counts out of overviews.
        site_defaults: the site's settings until an administrator changes them; None means `SiteSettings()`.
    """
    audit = AuditLog(database, clock)
    accounts = AccountService(database, clock, audit)
    logins = LoginService(database, accounts, clock)
    tokens = TokenService(database, accounts, clock)
    authentication = AuthenticationService(database, clock, logins)
    site = SiteService(database, audit, site_defaults or SiteSettings())
    return AccountServices(
        accounts=accounts,
        namespaces=NamespaceService(database, accounts, repo_counter),
        profiles=ProfileService(database, accounts, repo_counter),
        tokens=tokens,
        logins=logins,
        sessions=SessionService(database, audit, clock),
        signup=SignupService(database, accounts, logins, site, Patience(clock)),
        devices=DeviceService(database, accounts, clock),
        authentication=authentication,
        first_admin=FirstAdminService(database, accounts, tokens, logins, authentication),
        users=UserAdminService(database, accounts, logins),
        site=site,
        audit=audit,
    )
