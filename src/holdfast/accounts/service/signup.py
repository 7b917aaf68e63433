"""Sign-up: strangers make accounts for themselves, where the administrator lets them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from holdfast.accounts.auditing import AuditAction
from holdfast.accounts.checks import check_email, check_fullname, check_namespace_name, check_new_password
from holdfast.accounts.domain import IssuedSession, NewAccount
from holdfast.accounts.passwords import Patience, hash_password
from holdfast.accounts.service.accounts import AccountService
from holdfast.accounts.service.logins import LoginService
from holdfast.accounts.service.site import SiteService
from holdfast.backends.database.protocol import Database
from holdfast.base.errors import Forbidden, Overloaded
from holdfast.base.identity import Actor

MAX_HASHINGS = 2
"""At once: each takes 19 MiB, and strangers ask for them."""


@dataclass(frozen=True)
class SignupService:
    """Lets people in who have no account yet. `patience` slows down whoever makes many from one address."""

    database: Database
    accounts: AccountService
    logins: LoginService
    site: SiteService
    patience: Patience
    _places: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(MAX_HASHINGS))

    def sign_up(self, caller: Actor, new: NewAccount, *, user_agent: str | None = None) -> IssuedSession:
        """Create an account and log its owner in.

        Raises:
            Forbidden: sign-up is closed.
            InvalidInput: a bad name, password, full name or e-mail address.
            Conflict: the name is taken or reserved.
            Overloaded: many accounts were made from this address, or by everybody just now.
        """
        if not self.site.settings().open_signup:
            raise Forbidden(reason="Sign-up is closed. Ask an administrator of this Holdfast for an account.")
        check_account(new)
        self._slow_down(caller.address or "")
        password_hash = self._hash(new.password)
        with self.database.write() as connection:
            user = self.accounts.insert_user(
                connection, new.name, password_hash=password_hash, fullname=new.fullname, email=new.email
            )
            actor = Actor(user.id, user.name, address=caller.address)
            self.accounts.audit.record(connection, actor, AuditAction.SIGN_UP, user.name)
        return self.logins.start_session(actor, AuditAction.LOGIN, user_agent)

    def _slow_down(self, address: str) -> None:
        wait_seconds = self.patience.wait_seconds(address)
        if wait_seconds:
            raise Overloaded(retry_after_seconds=wait_seconds)
        self.patience.failed(address)

    def _hash(self, password: str) -> str:
        if not self._places.acquire(blocking=False):
            raise Overloaded
        try:
            return hash_password(password)
        finally:
            self._places.release()


def check_account(new: NewAccount, *, for_site_admin: bool = False) -> None:
    """Raise unless somebody may choose all of this.

    Raises:
        InvalidInput: a bad name, password, full name or e-mail address.
        Conflict: a reserved name.
    """
    check_namespace_name(new.name, for_site_admin=for_site_admin)
    check_new_password(new.password)
    if new.fullname is not None:
        check_fullname(new.fullname)
    if new.email is not None:
        check_email(new.email)
