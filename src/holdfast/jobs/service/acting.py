"""In whose name background work acts: the user who made it, with the rights that this user has now."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.accounts.domain import Namespace
from holdfast.accounts.service import AccountService
from holdfast.base.errors import Forbidden, NotFound
from holdfast.base.identity import SYSTEM, Actor
from holdfast.jobs.service.gate import JobGate


@dataclass(frozen=True)
class Creators:
    """Finds creators, and what they may do today."""

    accounts: AccountService
    gate: JobGate

    def acting(self, connection: Connection, creator: str | None) -> Actor:
        """The user as an actor; None is the server itself.

        Raises:
            NotFound: the account is gone.
            Forbidden: it is locked.
        """
        if creator is None:
            return SYSTEM
        user = self.accounts.find_user(connection, creator)
        if user.disabled_at is not None:
            raise Forbidden(reason=f"The account of {user.name}, who made it, is locked.")
        return Actor(user_id=user.id, username=user.name, is_site_admin=user.is_site_admin)

    def check(self, connection: Connection, creator: str | None, namespace: str) -> tuple[Actor, Namespace]:
        """The creator and the namespace, if the one may still run jobs in the other.

        Raises:
            NotFound, Forbidden: not any more; the sentence says why.
        """
        actor = self.acting(connection, creator)
        try:
            return actor, self.gate.runnable(connection, actor, namespace)
        except NotFound as error:
            raise Forbidden(reason=f"{creator}, who made it, has no rights under {namespace} any more.") from error
