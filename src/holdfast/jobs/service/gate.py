"""Finds a namespace for an actor who wants to see its jobs or run some. Every use case comes through here first."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.accounts import permissions
from holdfast.accounts.auditing import AuditAction
from holdfast.accounts.domain import Namespace, OrgRole
from holdfast.accounts.service import AccountService
from holdfast.base.errors import Forbidden, LoginRequired, NotFound
from holdfast.base.identity import Actor
from holdfast.jobs.domain.jobs import Job


@dataclass(frozen=True)
class JobGate:
    """Who may do what with the jobs of which namespace."""

    accounts: AccountService

    def visible(self, connection: Connection, actor: Actor, name: str) -> Namespace:
        """The namespace, if the actor may see its jobs.

        Raises:
            LoginRequired: anonymous.
            NotFound: absent, or none of the actor's business.
        """
        if actor.is_anonymous:
            raise LoginRequired
        found = self.accounts.find_namespace(connection, name)
        if found is None:
            raise NotFound(what=permissions.NO_JOBS)
        permissions.check_see_jobs(actor, self.accounts.role_in(connection, actor, found.id), found.name)
        return found

    def runnable(self, connection: Connection, actor: Actor, name: str) -> Namespace:
        """The namespace, if the actor may run jobs there.

        Raises:
            LoginRequired, NotFound: as `visible`.
            Forbidden: a member who may only read, or a credential that may not write there.
        """
        found = self.visible(connection, actor, name)
        permissions.check_run_jobs(actor, self.accounts.role_in(connection, actor, found.id), found.name)
        return found

    def record(
        self, connection: Connection, actor: Actor, action: AuditAction, namespace: Namespace, key: str, **details: str
    ) -> None:
        """Note in the audit log what somebody did to a job or a schedule, as `namespace/id`; see `AuditLog.record`."""
        self.accounts.audit.record(connection, actor, action, f"{namespace.name}/{key}", **details)

    def check_change(self, connection: Connection, actor: Actor, namespace: Namespace, creator: str | None) -> None:
        """Refuse contributors who would change what others made.

        Raises:
            Forbidden: see there.
        """
        if actor.is_site_admin or (creator or "").lower() == (actor.username or "").lower():
            return
        role = self.accounts.role_in(connection, actor, namespace.id)
        if role is None or not role.includes(OrgRole.WRITE):
            raise Forbidden(reason="You don't have the rights to change what others run here.")


def job_not_found() -> NotFound:
    """No such job, in the words that an absent namespace has too."""
    return NotFound(what=permissions.NO_JOBS)


def check_found(job: Job | None) -> Job:
    """The job.

    Raises:
        NotFound: None was found.
    """
    if job is None:
        raise job_not_found()
    return job
