"""The way into a new instance: somebody has to be the first."""

from __future__ import annotations

import secrets

from holdfast.accounts.domain import ADMIN_NAME, FirstAdmin, User
from holdfast.accounts.service import AccountServices
from holdfast.base.identity import SYSTEM, TokenRole

_CREATED_BY = "first-start"


def ensure_first_admin(services: AccountServices) -> FirstAdmin | None:
    """Create the user `admin` when the instance has no users, and say how to log in.

    Until one of the two secrets has been used, each call replaces both: a first start whose output was lost locks
    nobody out. Returns None for an instance that has other users, or whose admin has been in.
    """
    users = services.accounts.list_users(SYSTEM)
    if not users:
        services.accounts.create_user(SYSTEM, ADMIN_NAME, fullname="Administrator", is_site_admin=True)
    elif not _awaits_first_login(services, users):
        return None
    for token in services.tokens.list_access_tokens(SYSTEM, ADMIN_NAME):
        services.tokens.revoke_access_token(SYSTEM, token.id, ADMIN_NAME)
    password = secrets.token_urlsafe(12)
    services.logins.set_password(SYSTEM, ADMIN_NAME, password)
    issued = services.tokens.create_access_token(SYSTEM, _CREATED_BY, TokenRole.WRITE, username=ADMIN_NAME)
    return FirstAdmin(ADMIN_NAME, password, issued.secret)


def _awaits_first_login(services: AccountServices, users: list[User]) -> bool:
    only = users[0]
    if len(users) > 1 or only.name != ADMIN_NAME or only.last_login_at is not None:
        return False
    tokens = services.tokens.list_access_tokens(SYSTEM, ADMIN_NAME)
    # An admin made by hand has no such token, and is nobody's to change.
    return bool(tokens) and all(token.name == _CREATED_BY and token.last_used_at is None for token in tokens)
