"""The use cases of accounts, one class per group; `AccountServices` holds them all for `app` and `cli`."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.accounts.service.accounts import AccountService
from holdfast.accounts.service.authentication import AuthenticationService
from holdfast.accounts.service.devices import DeviceService
from holdfast.accounts.service.logins import LoginService
from holdfast.accounts.service.profiles import ProfileService, RepoCounter
from holdfast.accounts.service.tokens import TokenService
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock

__all__ = [
    "AccountService",
    "AccountServices",
    "AuthenticationService",
    "DeviceService",
    "LoginService",
    "ProfileService",
    "RepoCounter",
    "TokenService",
    "open_accounts",
]


@dataclass(frozen=True)
class AccountServices:
    """Everything that accounts can do."""

    accounts: AccountService
    profiles: ProfileService
    tokens: TokenService
    logins: LoginService
    devices: DeviceService
    authentication: AuthenticationService


def open_accounts(database: Database, clock: Clock, repo_counter: RepoCounter | None = None) -> AccountServices:
    """Build the services of one process.

    Args:
        database: with the tables in place.
        clock: milliseconds since 1970.
        repo_counter: how many repos a namespace has; None leaves the counts out of overviews.
    """
    accounts = AccountService(database, clock)
    logins = LoginService(database, accounts, clock)
    return AccountServices(
        accounts=accounts,
        profiles=ProfileService(database, accounts, repo_counter),
        tokens=TokenService(database, accounts, clock),
        logins=logins,
        devices=DeviceService(database, accounts, clock),
        authentication=AuthenticationService(database, clock, logins),
    )
