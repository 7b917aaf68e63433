"""Rows of `access_request`: who asked for a gated repo, and what was decided."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from holdfast.hub.repos.store.tables import access_request


class RequestStatus(Enum):
    """State of a request. The value is the API's word."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True)
class AccessRequest:
    """One user's request for one gated repo. `granted` means that nobody asked: the owner gave it."""

    id: str
    repo_key: int
    user_id: int
    status: RequestStatus
    requested_at: int
    rejection_reason: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    granted: bool = False


def is_accepted(connection: Connection, repo_key: int, user_id: int) -> bool:
    """Whether the user may read the files of the gated repo."""
    found = find_request(connection, repo_key, user_id)
    return found is not None and found.status is RequestStatus.ACCEPTED


def find_request(connection: Connection, repo_key: int, user_id: int) -> AccessRequest | None:
    """The user's request, whatever its state."""
    query = select(access_request).where(access_request.c.repo_key == repo_key, access_request.c.user_id == user_id)
    row = connection.execute(query).first()
    return None if row is None else _from_row(row)


def get_request(connection: Connection, repo_key: int, request_id: str) -> AccessRequest | None:
    """The request of that id in this repo."""
    query = select(access_request).where(access_request.c.repo_key == repo_key, access_request.c.id == request_id)
    row = connection.execute(query).first()
    return None if row is None else _from_row(row)


def list_requests(connection: Connection, repo_key: int, status: RequestStatus) -> list[AccessRequest]:
    """All requests in a state, oldest first."""
    query = select(access_request).where(access_request.c.repo_key == repo_key, access_request.c.status == status.value)
    return [_from_row(row) for row in connection.execute(query.order_by(access_request.c.requested_at))]


def insert_request(connection: Connection, request: AccessRequest) -> None:
    """Add a request."""
    connection.execute(
        insert(access_request).values(
            id=request.id,
            repo_key=request.repo_key,
            user_id=request.user_id,
            status=request.status.value,
            requested_at=request.requested_at,
            rejection_reason=request.rejection_reason,
            fields=json.dumps(request.fields),
            granted=request.granted,
        )
    )


def set_status(connection: Connection, request_id: str, status: RequestStatus, reason: str | None) -> None:
    """Decide a request."""
    statement = update(access_request).where(access_request.c.id == request_id)
    connection.execute(statement.values(status=status.value, rejection_reason=reason))


def delete_requests(connection: Connection, repo_key: int) -> None:
    """Forget those of a deleted repo."""
    connection.execute(delete(access_request).where(access_request.c.repo_key == repo_key))


def _from_row(row: Row[Any]) -> AccessRequest:
    return AccessRequest(
        id=row.id,
        repo_key=row.repo_key,
        user_id=row.user_id,
        status=RequestStatus(row.status),
        requested_at=row.requested_at,
        rejection_reason=row.rejection_reason,
        fields=json.loads(row.fields),
        granted=row.granted,
    )
