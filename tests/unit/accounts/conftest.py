"""A fresh instance in a temporary file, and a clock that stands still until told otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from holdfast.accounts.service import AccountServices, open_accounts
from holdfast.base.identity import SYSTEM, Actor, TokenRole
from tests.factories.databases import open_test_database


@dataclass
class StandingClock:
    """Milliseconds since 1970, moved by hand."""

    now: int = 1_700_000_000_000

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += int(seconds * 1000)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def database(tmp_path):
    opened = open_test_database(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def services(database, clock) -> AccountServices:
    return open_accounts(database, clock)


@pytest.fixture
def alice(services) -> Actor:
    """A user without a password, as a login session would give it."""
    user = services.accounts.create_user(SYSTEM, "Alice", fullname="Alice Liddell", email="alice@example.org")
    return Actor(user.id, user.name)


@pytest.fixture
def bob(services) -> Actor:
    user = services.accounts.create_user(SYSTEM, "bob")
    return Actor(user.id, user.name)


@pytest.fixture
def issue(services):
    """Creates an access token for a user and returns its secret."""

    def create(username: str, role: TokenRole = TokenRole.WRITE, **options) -> str:
        return services.tokens.create_access_token(SYSTEM, "test", role, username=username, **options).secret

    return create
