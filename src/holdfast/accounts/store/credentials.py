"""SQL for access tokens, device grants, and who a credential stands for."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from holdfast.accounts.domain import AccessToken, DeviceGrant, TokenOrigin
from holdfast.accounts.store.tables import access_token, device_grant
from holdfast.backends.database.protocol import Database
from holdfast.base.identity import Actor, Grant, Permission, TokenRole

_BEARER = (
    "SELECT t.user_id, n.name, u.is_site_admin, t.role, t.id, t.grants, t.expires_at, u.disabled_at"
    " FROM access_token t JOIN app_user u ON u.namespace_id = t.user_id JOIN namespace n ON n.id = t.user_id"
    " WHERE t.sha256 = ?"
)
_COOKIE = (
    "SELECT s.user_id, n.name, u.is_site_admin"
    " FROM login_session s JOIN app_user u ON u.namespace_id = s.user_id JOIN namespace n ON n.id = s.user_id"
    " WHERE s.sha256 = ? AND s.expires_at > ? AND u.disabled_at IS NULL"
)
_LOGIN = (
    "SELECT n.id, n.name, u.is_site_admin, u.password_hash"
    " FROM namespace n JOIN app_user u ON u.namespace_id = n.id WHERE n.name_key = ? AND u.disabled_at IS NULL"
)


def actor_by_token(database: Database, sha256: str, now: int) -> Actor | None:
    """Who a live access token of an enabled user stands for. The hot path of every request."""
    row = database.fetch_one(_BEARER, (sha256,))
    if row is None:
        return None
    *who, expires_at, disabled_at = row
    if disabled_at is not None or (expires_at is not None and expires_at <= now):
        return None
    return _actor(*who)


@functools.lru_cache(maxsize=1024)
def _actor(user_id: int, name: str, is_admin: int, role: str, token_id: int, grants: str | None) -> Actor:
    return Actor(user_id, name, bool(is_admin), TokenRole(role), token_id, read_grants(grants))


def actor_by_session(database: Database, sha256: str, now: int) -> Actor | None:
    """Who a live login session of an enabled user stands for."""
    row = database.fetch_one(_COOKIE, (sha256, now))
    return None if row is None else Actor(row[0], row[1], bool(row[2]))


def actor_and_password_hash(database: Database, username: str) -> tuple[Actor, str] | None:
    """An enabled user who has a password, and its hash."""
    row = database.fetch_one(_LOGIN, (username.lower(),))
    if row is None or row[3] is None:
        return None
    return Actor(row[0], row[1], bool(row[2])), row[3]


def insert_token(connection: Connection, token: AccessToken, sha256: str) -> int:
    """Add an access token and return its id (`token.id` is ignored); a secret in use is an IntegrityError."""
    values = {
        "user_id": token.user_id,
        "name": token.name,
        "role": token.role.value,
        "origin": token.origin.value,
        "sha256": sha256,
        "grants": _write_grants(token.grants) if token.role is TokenRole.FINE_GRAINED else None,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
    }
    key = connection.execute(insert(access_token).values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def find_token(connection: Connection, token_id: int) -> AccessToken | None:
    """The access token with that id."""
    row = connection.execute(select(access_token).where(access_token.c.id == token_id)).first()
    return None if row is None else _token(row)


def list_tokens(connection: Connection, user_id: int) -> list[AccessToken]:
    """A user's access tokens, oldest first."""
    mine = select(access_token).where(access_token.c.user_id == user_id).order_by(access_token.c.id)
    return [_token(row) for row in connection.execute(mine)]


def delete_token(connection: Connection, user_id: int, token_id: int) -> bool:
    """Revoke a user's token; False when the user has none of that id."""
    mine = (access_token.c.id == token_id) & (access_token.c.user_id == user_id)
    return connection.execute(delete(access_token).where(mine)).rowcount > 0


def save_last_used(connection: Connection, last_used_at: Mapping[int, int]) -> None:
    """Remember when tokens were used, by token id."""
    for token_id, moment in last_used_at.items():
        connection.execute(update(access_token).where(access_token.c.id == token_id).values(last_used_at=moment))


def set_refresh(connection: Connection, token_id: int, refresh_sha256: str, refresh_expires_at: int) -> None:
    """Give a token the secret by which it is renewed."""
    connection.execute(
        update(access_token)
        .where(access_token.c.id == token_id)
        .values(refresh_sha256=refresh_sha256, refresh_expires_at=refresh_expires_at)
    )


def find_refreshable(connection: Connection, refresh_sha256: str, now: int) -> AccessToken | None:
    """The token that a live refresh secret renews."""
    live = (access_token.c.refresh_sha256 == refresh_sha256) & (access_token.c.refresh_expires_at > now)
    row = connection.execute(select(access_token).where(live)).first()
    return None if row is None else _token(row)


def renew_token(connection: Connection, token_id: int, sha256: str, expires_at: int) -> None:
    """Replace a token's secret; the old one stops working."""
    connection.execute(
        update(access_token).where(access_token.c.id == token_id).values(sha256=sha256, expires_at=expires_at)
    )


def insert_device_grant(
    connection: Connection, *, device_sha256: str, user_code: str, client_id: str, created_at: int, expires_at: int
) -> None:
    """Remember a program that waits for approval, and forget those that waited too long."""
    connection.execute(delete(device_grant).where(device_grant.c.expires_at <= created_at))
    connection.execute(
        insert(device_grant).values(
            device_sha256=device_sha256,
            user_code=user_code,
            client_id=client_id,
            denied=False,
            created_at=created_at,
            expires_at=expires_at,
        )
    )


def count_device_grants(connection: Connection, now: int) -> int:
    """How many programs wait for approval."""
    waiting = select(func.count()).select_from(device_grant).where(device_grant.c.expires_at > now)
    return int(connection.execute(waiting).scalar_one())


def find_device_grant(connection: Connection, device_sha256: str) -> DeviceGrant | None:
    """By the program's secret."""
    row = connection.execute(select(device_grant).where(device_grant.c.device_sha256 == device_sha256)).first()
    return None if row is None else _device_grant(row)


def find_device_grant_by_user_code(connection: Connection, user_code: str) -> DeviceGrant | None:
    """By what people type."""
    row = connection.execute(select(device_grant).where(device_grant.c.user_code == user_code)).first()
    return None if row is None else _device_grant(row)


def decide_device_grant(connection: Connection, grant_id: int, user_id: int | None, *, denied: bool) -> None:
    """Approve for a user, or deny."""
    connection.execute(update(device_grant).where(device_grant.c.id == grant_id).values(user_id=user_id, denied=denied))


def set_polled_at(connection: Connection, grant_id: int, polled_at: int) -> None:
    """Remember when the program asked last."""
    connection.execute(update(device_grant).where(device_grant.c.id == grant_id).values(polled_at=polled_at))


def delete_device_grant(connection: Connection, grant_id: int) -> None:
    """A device code works once."""
    connection.execute(delete(device_grant).where(device_grant.c.id == grant_id))


def read_grants(text: str | None) -> tuple[Grant, ...]:
    """The lines of a fine-grained token from their JSON."""
    if text is None:
        return ()
    return tuple(
        Grant(line["scope"], frozenset(Permission(word) for word in line["permissions"])) for line in json.loads(text)
    )


def _write_grants(grants: tuple[Grant, ...]) -> str:
    lines = [
        {"scope": grant.scope, "permissions": sorted(permission.value for permission in grant.permissions)}
        for grant in grants
    ]
    return json.dumps(lines)


def _token(row: Row[tuple[object, ...]]) -> AccessToken:
    return AccessToken(
        id=row.id,
        user_id=row.user_id,
        name=row.name,
        role=TokenRole(row.role),
        origin=TokenOrigin(row.origin),
        grants=read_grants(row.grants),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
    )


def _device_grant(row: Row[tuple[object, ...]]) -> DeviceGrant:
    return DeviceGrant(
        id=row.id,
        user_code=row.user_code,
        client_id=row.client_id,
        created_at=row.created_at,
        user_id=row.user_id,
        denied=row.denied,
        polled_at=row.polled_at,
        expires_at=row.expires_at,
    )
