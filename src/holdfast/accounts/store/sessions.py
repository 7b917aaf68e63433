"""SQL for login sessions. `sha256` is of the cookie's secret; its first digits name the session to its user."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from holdfast.accounts.domain import LoginSession
from holdfast.accounts.store.tables import login_session

ID_LENGTH = 16
MAX_ADDRESS_LENGTH = 64
MAX_USER_AGENT_LENGTH = 300


def insert_session(
    connection: Connection,
    sha256: str,
    user_id: int,
    created_at: int,
    expires_at: int,
    *,
    address: str | None,
    user_agent: str | None,
) -> None:
    """Add a login session and forget those that have expired."""
    connection.execute(delete(login_session).where(login_session.c.expires_at <= created_at))
    connection.execute(
        insert(login_session).values(
            sha256=sha256,
            user_id=user_id,
            created_at=created_at,
            expires_at=expires_at,
            address=None if address is None else address[:MAX_ADDRESS_LENGTH],
            user_agent=None if user_agent is None else user_agent[:MAX_USER_AGENT_LENGTH],
        )
    )


def list_sessions(connection: Connection, user_id: int, now: int, current_sha256: str) -> list[LoginSession]:
    """A user's live sessions, the newest login first."""
    live = (login_session.c.user_id == user_id) & (login_session.c.expires_at > now)
    rows = connection.execute(select(login_session).where(live).order_by(login_session.c.created_at.desc()))
    return [
        LoginSession(
            id=row.sha256[:ID_LENGTH],
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
            address=row.address,
            user_agent=row.user_agent,
            is_current=row.sha256 == current_sha256,
        )
        for row in rows
    ]


def delete_session(connection: Connection, sha256: str) -> None:
    """End a login session; nothing happens when there is none."""
    connection.execute(delete(login_session).where(login_session.c.sha256 == sha256))


def delete_session_by_id(connection: Connection, user_id: int, session_id: str) -> bool:
    """End one of a user's login sessions; False when there is none of that id."""
    mine = _of(user_id) & (func.substr(login_session.c.sha256, 1, ID_LENGTH) == session_id)
    return connection.execute(delete(login_session).where(mine)).rowcount > 0


def delete_sessions(connection: Connection, user_id: int, but_sha256: str = "") -> int:
    """End all login sessions of a user but one; returns how many."""
    others = _of(user_id) & (login_session.c.sha256 != but_sha256)
    return connection.execute(delete(login_session).where(others)).rowcount


def save_last_seen(connection: Connection, last_seen_at: Mapping[str, int]) -> None:
    """Remember when sessions were used, by `sha256`."""
    for sha256, moment in last_seen_at.items():
        connection.execute(update(login_session).where(login_session.c.sha256 == sha256).values(last_seen_at=moment))


def _of(user_id: int) -> ColumnElement[bool]:
    return login_session.c.user_id == user_id
