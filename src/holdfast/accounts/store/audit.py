"""SQL for the audit log: rows are added and read, never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, Row, insert, select

from holdfast.accounts.auditing import AuditAction, AuditEvent, AuditQuery
from holdfast.accounts.store.tables import audit_event
from holdfast.base.identity import Actor

_INSERT = insert(audit_event)
_MAX_TARGET_LENGTH = 220
_MAX_ADDRESS_LENGTH = 64


def insert_event(
    connection: Connection, actor: Actor, action: AuditAction, target: str, details: Mapping[str, str], now: int
) -> None:
    """Add what the actor does."""
    row = {
        "happened_at": now,
        "actor_id": actor.user_id,
        "actor": (actor.username or "").lower(),
        "address": None if actor.address is None else actor.address[:_MAX_ADDRESS_LENGTH],
        "action": action.value,
        "target": target.lower()[:_MAX_TARGET_LENGTH],
        "details": json.dumps(dict(details)) if details else None,
    }
    connection.execute(_INSERT, row)


def list_events(connection: Connection, query: AuditQuery, limit: int) -> list[AuditEvent]:
    """The newest events that the query wants."""
    events = select(audit_event).order_by(audit_event.c.id.desc()).limit(limit)
    if query.actor is not None:
        events = events.where(audit_event.c.actor == query.actor.lower())
    if query.action is not None:
        events = events.where(audit_event.c.action == query.action.value)
    if query.target is not None:
        events = events.where(audit_event.c.target == query.target.lower())
    if query.before is not None:
        events = events.where(audit_event.c.id < query.before)
    return [_event(row) for row in connection.execute(events)]


def _event(row: Row[tuple[object, ...]]) -> AuditEvent:
    return AuditEvent(
        id=row.id,
        happened_at=row.happened_at,
        actor=row.actor,
        address=row.address,
        action=AuditAction(row.action),
        target=row.target,
        details=json.loads(row.details) if row.details else {},
    )
