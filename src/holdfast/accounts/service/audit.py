"""The audit log: written by whoever changes something, in the same transaction; read by site admins."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.accounts import permissions
from holdfast.accounts.auditing import AuditAction, AuditPage, AuditQuery
from holdfast.accounts.store import audit
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.identity import Actor, Permission


@dataclass(frozen=True)
class AuditLog:
    """Remembers who did what."""

    database: Database
    clock: Clock

    def record(self, connection: Connection, actor: Actor, action: AuditAction, target: str, **details: str) -> None:
        """Add an event to the caller's transaction: it stands if and only if the change does.

        Args:
            connection: a writing transaction.
            actor: who does it.
            action: what is done.
            target: to what: a user, an organization, a repo's text key.
            details: more, in words; never a secret.
        """
        audit.insert_event(connection, actor, action, target, details, self.clock())

    def list_events(self, actor: Actor, query: AuditQuery, limit: int) -> AuditPage:
        """One page of events, newest first, for site admins."""
        permissions.check_account(actor, Permission.SITE_ADMIN)
        with self.database.read() as connection:
            events = audit.list_events(connection, query, limit + 1)
        return AuditPage(events[:limit], events[limit - 1].id if len(events) > limit else None)
