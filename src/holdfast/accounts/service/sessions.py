"""The browsers in which somebody is logged in: listed and ended by that user."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.accounts import permissions
from holdfast.accounts.auditing import AuditAction
from holdfast.accounts.domain import LoginSession
from holdfast.accounts.fingerprints import fingerprint
from holdfast.accounts.service.audit import AuditLog
from holdfast.accounts.store import sessions
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import NotFound
from holdfast.base.identity import Actor, Permission


@dataclass(frozen=True)
class SessionService:
    """Shows and ends login sessions."""

    database: Database
    audit: AuditLog
    clock: Clock

    def list_sessions(self, actor: Actor, current_secret: str | None) -> list[LoginSession]:
        """The actor's live sessions, the newest login first.

        Args:
            actor: logged in by session or password.
            current_secret: the cookie of the session that asks; None for none.
        """
        permissions.check_account(actor, Permission.OWN_ACCOUNT)
        current = fingerprint(current_secret) if current_secret else ""
        with self.database.read() as connection:
            return sessions.list_sessions(connection, actor.user_id or 0, self.clock(), current)

    def revoke(self, actor: Actor, session_id: str) -> None:
        """End one of the actor's sessions at once.

        Raises:
            NotFound: the actor has no such session.
        """
        permissions.check_account(actor, Permission.OWN_ACCOUNT)
        with self.database.write() as connection:
            if not sessions.delete_session_by_id(connection, actor.user_id or 0, session_id):
                raise NotFound(what="This login session")
            self.audit.record(connection, actor, AuditAction.LOGIN_REVOKED, actor.username or "", session=session_id)

    def revoke_others(self, actor: Actor, current_secret: str | None) -> int:
        """End all of the actor's sessions but the one that asks; returns how many."""
        permissions.check_account(actor, Permission.OWN_ACCOUNT)
        current = fingerprint(current_secret) if current_secret else ""
        with self.database.write() as connection:
            count = sessions.delete_sessions(connection, actor.user_id or 0, current)
            self.audit.record(connection, actor, AuditAction.LOGIN_REVOKED, actor.username or "", count=str(count))
        return count
