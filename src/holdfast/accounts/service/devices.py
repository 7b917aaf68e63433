"""Device login: a program shows a short code, its user approves it elsewhere, the program gets an access token.

Source: RFC 8628; huggingface_hub 2.4.0 utils/_oauth_device.py (`hf auth login`). Any client id is accepted: programs of
this kind have no secret, so the id proves nothing; who approves is told what asks.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.accounts import permissions
from holdfast.accounts.auditing import AuditAction
from holdfast.accounts.domain import (
    AccessToken,
    DeviceGrant,
    IssuedDeviceCode,
    IssuedOAuthToken,
    OAuthRefusal,
    TokenOrigin,
)
from holdfast.accounts.fingerprints import (
    CREDENTIAL_PREFIX,
    fingerprint,
    new_token_secret,
    new_user_code,
    read_user_code,
)
from holdfast.accounts.service.accounts import AccountService
from holdfast.accounts.store import credentials
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import NotFound, Overloaded
from holdfast.base.identity import Actor, Permission, TokenRole

CODE_SECONDS = 900
INTERVAL_SECONDS = 3
TOKEN_SECONDS = 30 * 24 * 3600
REFRESH_SECONDS = 180 * 24 * 3600
MAX_WAITING = 1000
_MAX_CLIENT_ID_LENGTH = 200
_GRANTED_TO = "device login"


@dataclass(frozen=True)
class DeviceService:
    """Logs programs in without a browser of their own."""

    database: Database
    accounts: AccountService
    clock: Clock

    def start(self, client_id: str) -> IssuedDeviceCode:
        """Begin a device login for a program.

        Raises:
            Overloaded: too many programs wait for approval.
        """
        device_code = secrets.token_urlsafe(32)
        user_code = new_user_code()
        now = self.clock()
        with self.database.write() as connection:
            if credentials.count_device_grants(connection, now) >= MAX_WAITING:
                raise Overloaded(retry_after_seconds=60)
            credentials.insert_device_grant(
                connection,
                device_sha256=fingerprint(device_code),
                user_code=user_code,
                client_id=client_id[:_MAX_CLIENT_ID_LENGTH],
                created_at=now,
                expires_at=now + CODE_SECONDS * 1000,
            )
        return IssuedDeviceCode(device_code, user_code, CODE_SECONDS, INTERVAL_SECONDS)

    def decide(self, actor: Actor, user_code: str, *, approve: bool, username: str | None = None) -> None:
        """Approve or deny the program that shows `user_code`, for the actor or (as a site admin) for `username`.

        Raises:
            NotFound: no program waits under this code.
            LoginRequired, Forbidden: not logged in by password or session.
        """
        permissions.check_account(actor, Permission.OWN_ACCOUNT)
        if username is not None:
            permissions.check_account(actor, Permission.SITE_ADMIN)
        with self.database.write() as connection:
            grant = self._waiting(connection, user_code)
            user = self.accounts.find_user(connection, username or actor.username or "")
            credentials.decide_device_grant(connection, grant.id, user.id if approve else None, denied=not approve)
            action = AuditAction.DEVICE_APPROVED if approve else AuditAction.DEVICE_DENIED
            self.accounts.audit.record(connection, actor, action, user.name, program=grant.client_id)

    def find(self, actor: Actor, user_code: str) -> DeviceGrant:
        """The program that waits under a code, for the person who is to decide.

        Raises:
            NotFound: none waits under this code.
            LoginRequired, Forbidden: not logged in by password or session.
        """
        permissions.check_account(actor, Permission.OWN_ACCOUNT)
        with self.database.read() as connection:
            return self._waiting(connection, user_code)

    def _waiting(self, connection: Connection, user_code: str) -> DeviceGrant:
        grant = credentials.find_device_grant_by_user_code(connection, read_user_code(user_code))
        if grant is None or grant.expires_at <= self.clock() or grant.user_id is not None or grant.denied:
            raise NotFound(what=f"A waiting login with the code {user_code[:20]!r}")
        return grant

    def redeem(self, device_code: str) -> IssuedOAuthToken | OAuthRefusal:
        """What the program asks again and again; each device code buys one token."""
        now = self.clock()
        with self.database.write() as connection:
            grant = credentials.find_device_grant(connection, fingerprint(device_code))
            if grant is None:
                return OAuthRefusal.INVALID_GRANT
            if grant.user_id is None and not grant.denied and grant.expires_at > now:
                return _wait(connection, grant, now)
            credentials.delete_device_grant(connection, grant.id)
            if grant.denied:
                return OAuthRefusal.DENIED
            if grant.user_id is None or grant.expires_at <= now:
                return OAuthRefusal.EXPIRED
            return _issue(connection, grant.user_id, now)

    def refresh(self, refresh_token: str) -> IssuedOAuthToken | OAuthRefusal:
        """Replace an access token by a new one; the refresh token stays the same."""
        now = self.clock()
        with self.database.write() as connection:
            token = credentials.find_refreshable(connection, fingerprint(refresh_token), now)
            if token is None:
                return OAuthRefusal.INVALID_GRANT
            secret = new_token_secret()
            credentials.renew_token(connection, token.id, fingerprint(secret), now + TOKEN_SECONDS * 1000)
        return IssuedOAuthToken(secret, refresh_token, TOKEN_SECONDS)


def _wait(connection: Connection, grant: DeviceGrant, now: int) -> OAuthRefusal:
    credentials.set_polled_at(connection, grant.id, now)
    # Half an interval is forgiven: clients sleep by their own clock.
    too_fast = grant.polled_at is not None and now - grant.polled_at < INTERVAL_SECONDS * 500
    return OAuthRefusal.SLOW_DOWN if too_fast else OAuthRefusal.PENDING


def _issue(connection: Connection, user_id: int, now: int) -> IssuedOAuthToken:
    secret = new_token_secret()
    refresh_secret = new_token_secret().replace(CREDENTIAL_PREFIX, "hf_refresh_")
    token = AccessToken(
        0, user_id, _GRANTED_TO, TokenRole.WRITE, TokenOrigin.OAUTH, (), now, None, now + TOKEN_SECONDS * 1000
    )
    token_id = credentials.insert_token(connection, token, fingerprint(secret))
    credentials.set_refresh(connection, token_id, fingerprint(refresh_secret), now + REFRESH_SECONDS * 1000)
    return IssuedOAuthToken(secret, refresh_secret, TOKEN_SECONDS)
