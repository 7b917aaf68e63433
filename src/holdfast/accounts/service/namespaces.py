"""What users and organizations say of themselves, and the end of organizations."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.accounts import permissions
from holdfast.accounts.auditing import AuditAction
from holdfast.accounts.checks import check_bio, check_email, check_fullname
from holdfast.accounts.domain import Namespace, ProfileChange
from holdfast.accounts.service.accounts import AccountService
from holdfast.accounts.service.profiles import RepoCounter
from holdfast.accounts.store import namespaces
from holdfast.backends.database.protocol import Database
from holdfast.base.errors import Conflict
from holdfast.base.identity import Actor, Permission


@dataclass(frozen=True)
class NamespaceService:
    """Changes namespaces. `repo_counter` None: nobody knows of repos here, so no organization can be deleted."""

    database: Database
    accounts: AccountService
    repo_counter: RepoCounter | None

    def edit_own(self, actor: Actor, change: ProfileChange, *, email: str | None = None) -> Namespace:
        """Change the actor's own profile and, if `email` is no None, the address that only the user sees ("": none).

        Raises:
            InvalidInput: a bad full name, bio or e-mail address.
            LoginRequired, Forbidden: anonymous, or a credential that may not write.
        """
        permissions.check_account(actor, Permission.WRITE_OWN)
        with self.database.write() as connection:
            if email is not None:
                address = check_email(email.strip()) if email.strip() else None
                namespaces.set_email(connection, actor.user_id or 0, address)
            return self._edit(connection, actor.user_id or 0, change)

    def edit_organization(self, actor: Actor, org: str, change: ProfileChange) -> Namespace:
        """Change an organization's profile.

        Raises:
            NotFound: no such organization.
            InvalidInput: a bad full name or bio.
            LoginRequired, Forbidden: not an admin of the organization.
        """
        with self.database.write() as connection:
            return self._edit(connection, self.accounts.administered(connection, actor, org).id, change)

    def find_administered(self, actor: Actor, org: str) -> Namespace:
        """An organization for those who may change it.

        Raises:
            NotFound: no such organization.
            LoginRequired, Forbidden: not an admin of the organization.
        """
        with self.database.read() as connection:
            return self.accounts.administered(connection, actor, org)

    def delete_organization(self, actor: Actor, org: str) -> None:
        """Delete an organization that has no repos. Its name is free afterwards.

        Raises:
            NotFound: no such organization.
            Conflict: it has repos.
            LoginRequired, Forbidden: not an admin of the organization.
        """
        with self.database.write() as connection:
            found = self.accounts.administered(connection, actor, org)
            if self.repo_counter is None:
                raise Conflict(reason="Only the server can delete an organization: it knows the repos.")
            counts = self.repo_counter.count_repos(connection, found.id)
            for count, noun in ((counts.total, "repo"), (counts.buckets, "bucket")):
                if count:
                    things = f"1 {noun}" if count == 1 else f"{count} {noun}s"
                    raise Conflict(reason=f"{found.name} has {things}. Delete or move them first.")
            namespaces.delete_org(connection, found.id)
            self.accounts.audit.record(connection, actor, AuditAction.ORG_DELETED, found.name)

    def _edit(self, connection: Connection, namespace_id: int, change: ProfileChange) -> Namespace:
        values: dict[str, object] = {}
        if change.fullname is not None:
            before = self.accounts.namespace(connection, namespace_id)
            values["fullname"] = check_fullname(change.fullname.strip()) or before.name
        if change.bio is not None:
            values["bio"] = check_bio(change.bio)
        if change.private_by_default is not None:
            values["private_by_default"] = change.private_by_default
        namespaces.update_namespace(connection, namespace_id, values)
        return self.accounts.namespace(connection, namespace_id)
