"""Gated repos: asking for access, and deciding."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from holdfast.accounts.domain import Namespace
from holdfast.accounts.permissions import check_account
from holdfast.accounts.service import AccountService
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import Conflict, InvalidInput, NotFound
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.base.json_values import nests_too_deep
from holdfast.hub.repos.domain import Gating, Repo
from holdfast.hub.repos.service.access import RepoGate
from holdfast.hub.repos.store import access_requests
from holdfast.hub.repos.store.access_requests import AccessRequest, RequestStatus

MAX_FIELDS_CHARACTERS = 64 * 1024


@dataclass(frozen=True)
class NamedRequest:
    """A request with the user who made it. `email` is None where the owner gave access unasked."""

    request: AccessRequest
    user: Namespace
    email: str | None


@dataclass(frozen=True)
class GatingService:
    """Who gets the files of a gated repo."""

    database: Database
    accounts: AccountService
    gate: RepoGate
    clock: Clock

    def ask(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, fields: dict[str, Any]) -> RequestStatus:
        """Ask for access; granted at once where gating is automatic. Returns the request's state.

        Raises:
            InvalidInput: the repo is not gated, or there is more in `fields` than anybody could read.
        """
        _check_fields(fields)
        with self.database.write() as connection:
            repo = self.gate.find(connection, actor, repo_type, repo_id, Permission.SEE_REPO)
            check_account(actor, Permission.WRITE_OWN)
            _check_gated(repo)
            assert actor.user_id is not None
            known = access_requests.find_request(connection, repo.key, actor.user_id)
            if known is not None:
                return known.status
            status = RequestStatus.ACCEPTED if repo.gated is Gating.AUTO else RequestStatus.PENDING
            access_requests.insert_request(connection, self._request(repo, actor.user_id, status, fields=fields))
            return status

    def list_requests(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, status: RequestStatus
    ) -> list[NamedRequest]:
        """Requests in a state, for who may administer the repo."""
        with self.database.read() as connection:
            repo = self._gated(connection, actor, repo_type, repo_id, Permission.ADMIN_REPO)
            found = access_requests.list_requests(connection, repo.key, status)
            return [self._named(connection, request) for request in found]

    def handle(
        self,
        actor: Actor,
        repo_type: RepoType,
        repo_id: RepoId,
        *,
        username: str | None,
        request_id: str | None,
        status: RequestStatus,
        rejection_reason: str | None,
    ) -> None:
        """Decide a request, named by its user or id.

        Raises:
            NotFound: no such request.
            Conflict: it is in that state already.
        """
        with self.database.write() as connection:
            repo = self._gated(connection, actor, repo_type, repo_id, Permission.ADMIN_REPO)
            request = self._find(connection, repo, username, request_id)
            if request.status is status:
                raise Conflict(reason=f"The access request is {status.value} already.")
            reason = rejection_reason if status is RequestStatus.REJECTED else None
            access_requests.set_status(connection, request.id, status, reason)

    def grant(self, actor: Actor, repo_type: RepoType, repo_id: RepoId, username: str) -> None:
        """Give access to somebody who did not ask.

        Raises:
            Conflict: that user has a request already.
        """
        with self.database.write() as connection:
            repo = self._gated(connection, actor, repo_type, repo_id, Permission.ADMIN_REPO)
            user = self.accounts.find_user(connection, username)
            if access_requests.find_request(connection, repo.key, user.id) is not None:
                raise Conflict(reason=f"{username} already has an access request for this repo.")
            request = self._request(repo, user.id, RequestStatus.ACCEPTED, granted=True)
            access_requests.insert_request(connection, request)

    def _gated(
        self, connection: Connection, actor: Actor, repo_type: RepoType, repo_id: RepoId, permission: Permission
    ) -> Repo:
        repo = self.gate.find(connection, actor, repo_type, repo_id, permission)
        _check_gated(repo)
        return repo

    def _find(self, connection: Connection, repo: Repo, username: str | None, request_id: str | None) -> AccessRequest:
        found = None
        if request_id is not None:
            found = access_requests.get_request(connection, repo.key, request_id)
        elif username is not None:
            user = self.accounts.find_user(connection, username)
            found = access_requests.find_request(connection, repo.key, user.id)
        if found is None:
            raise NotFound(what="This access request")
        return found

    def _request(
        self,
        repo: Repo,
        user_id: int,
        status: RequestStatus,
        *,
        fields: dict[str, Any] | None = None,
        granted: bool = False,
    ) -> AccessRequest:
        return AccessRequest(
            id=secrets.token_hex(12),
            repo_key=repo.key,
            user_id=user_id,
            status=status,
            requested_at=self.clock(),
            fields=fields or {},
            granted=granted,
        )

    def _named(self, connection: Connection, request: AccessRequest) -> NamedRequest:
        user = self.accounts.get_user(connection, request.user_id)
        return NamedRequest(request, user.namespace, None if request.granted else user.email)


def _check_gated(repo: Repo) -> None:
    if repo.gated is None:
        raise InvalidInput(field="repo_id", problem=f"names {repo.id}, which is not gated")


def _check_fields(fields: dict[str, Any]) -> None:
    if nests_too_deep(fields) or len(json.dumps(fields)) > MAX_FIELDS_CHARACTERS:
        raise InvalidInput(field="body", problem=f"must be fields of at most {MAX_FIELDS_CHARACTERS} characters")
