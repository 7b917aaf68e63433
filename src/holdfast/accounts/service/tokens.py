"""Access tokens: created, listed, revoked."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy.exc import IntegrityError

from holdfast.accounts import permissions
from holdfast.accounts.auditing import AuditAction
from holdfast.accounts.checks import check_given_token, check_grants, check_token_name
from holdfast.accounts.domain import AccessToken, IssuedToken, TokenOrigin, User
from holdfast.accounts.fingerprints import fingerprint, new_token_secret
from holdfast.accounts.service.accounts import AccountService
from holdfast.accounts.store import credentials
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import Conflict, InvalidInput, NotFound
from holdfast.base.identity import Actor, Grant, Permission, TokenRole


@dataclass(frozen=True)
class TokenService:
    """Gives out and takes back access tokens."""

    database: Database
    accounts: AccountService
    clock: Clock

    def create_access_token(
        self,
        actor: Actor,
        name: str,
        role: TokenRole,
        *,
        username: str | None = None,
        grants: tuple[Grant, ...] = (),
        expires_at: int | None = None,
        secret: str | None = None,
    ) -> IssuedToken:
        """Create a token for the actor, or for `username` as a site admin.

        Args:
            actor: the caller.
            name: what the owner calls it; clients store it under this name.
            role: what it may do at most.
            username: None means the actor.
            grants: the lines of a fine-grained token, none for the others.
            expires_at: milliseconds since 1970; None means until it is revoked.
            secret: a given token string, for migrations and only from site admins; None makes one up.

        Raises:
            InvalidInput: a bad name, grant, expiry or secret.
            Conflict: the given secret is in use.
            NotFound: no such user.
            LoginRequired, Forbidden: not the owner by password or session, nor a site admin.
        """
        if secret is not None:
            permissions.check_account(actor, Permission.SITE_ADMIN)
            check_given_token(secret)
        now = self.clock()
        if expires_at is not None and expires_at <= now:
            raise InvalidInput(field="expiresAt", problem="must lie in the future")
        check_token_name(name)
        check_grants(role, grants)
        issued = secret or new_token_secret()
        owner = self._owner(actor, username)
        token = AccessToken(0, owner.id, name, role, TokenOrigin.CREATED, grants, now, None, expires_at)
        try:
            with self.database.write() as connection:
                token_id = credentials.insert_token(connection, token, fingerprint(issued))
                about = {"id": str(token_id), "name": name, "role": role.value}
                self.accounts.audit.record(connection, actor, AuditAction.TOKEN_CREATED, owner.name, **about)
        except IntegrityError as error:
            raise Conflict(reason="This access token is in use already") from error
        return IssuedToken(replace(token, id=token_id), issued)

    def list_access_tokens(self, actor: Actor, username: str | None = None) -> list[AccessToken]:
        """The tokens of the actor, or of `username` for site admins; oldest first, without their secrets."""
        owner = self._owner(actor, username)
        with self.database.read() as connection:
            return credentials.list_tokens(connection, owner.id)

    def revoke_access_token(self, actor: Actor, token_id: int, username: str | None = None) -> None:
        """End a token at once.

        Raises:
            NotFound: the user has no such token.
        """
        owner = self._owner(actor, username)
        with self.database.write() as connection:
            if not credentials.delete_token(connection, owner.id, token_id):
                raise NotFound(what=f"Access token {token_id}")
            self.accounts.audit.record(connection, actor, AuditAction.TOKEN_REVOKED, owner.name, id=str(token_id))

    def _owner(self, actor: Actor, username: str | None) -> User:
        permissions.check_account(actor, Permission.OWN_ACCOUNT)
        own = actor.username or ""
        if username is not None and username.lower() != own.lower():
            permissions.check_account(actor, Permission.SITE_ADMIN)
        with self.database.read() as connection:
            return self.accounts.find_user(connection, username or own)
