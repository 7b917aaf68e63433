"""Access tokens for the CAS: signed claims, valid for an hour, about one repo.

They are not stored: what a token allows was checked when it was issued, and holds until it expires.
"""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.base.clock import Clock
from holdfast.base.errors import Forbidden, InvalidAccessToken
from holdfast.base.identity import Actor, Permission
from holdfast.base.ids import RepoId, RepoType
from holdfast.base.signing import Signer
from holdfast.hub.objects.domain import RepoAccess
from holdfast.hub.xet.domain import CasAccess, CasClaim, Scope
from holdfast.hub.xet.service.epochs import Epochs

LIFETIME_SECONDS = 3600
_PURPOSE = "xet-access-token"
_SCHEME = "bearer "


@dataclass(frozen=True)
class CasTokens:
    """Issues and reads access tokens for the CAS."""

    signer: Signer
    access: RepoAccess
    epochs: Epochs
    clock: Clock

    def issue(
        self, actor: Actor, repo_type: RepoType, repo_id: RepoId, scope: Scope, *, for_pull_request: bool = False
    ) -> CasAccess:
        """Give the actor a token for a repo.

        Args:
            actor: the caller.
            repo_type: of the repo.
            repo_id: of the repo.
            scope: what for.
            for_pull_request: the upload belongs to a pull request, which every known reader may open. What is
                uploaded can be read only by who may read the repo, and a commit decides what becomes of it.

        Raises:
            RepoNotFound, LoginRequired, Forbidden, GatedRepo: the actor may not do this here.
        """
        permission = Permission.READ_REPO
        if scope is Scope.WRITE:
            permission = Permission.DISCUSS_REPO if for_pull_request else Permission.WRITE_REPO
        return self.issue_for(actor, self.access.require(actor, repo_type, repo_id, permission), scope)

    def issue_for(self, actor: Actor, repo_key: int, scope: Scope) -> CasAccess:
        """As `issue`, where the caller has checked the permission; also for buckets, which have numbers too."""
        claim = CasClaim(repo_key, actor.user_id, scope)
        expires_at_seconds = self.clock() // 1000 + LIFETIME_SECONDS
        word = self.signer.seal(_PURPOSE, claim.to_text(), LIFETIME_SECONDS)
        return CasAccess(f"/cas/{self.epochs.current()}", word, expires_at_seconds)

    def read(self, authorization: str | None, needed: Scope) -> CasClaim:
        """Read the claim of an Authorization header.

        Raises:
            InvalidAccessToken: missing, forged or expired.
            Forbidden: a token for reading where writing is needed.
        """
        if authorization is None or not authorization.lower().startswith(_SCHEME):
            raise InvalidAccessToken
        text = self.signer.unseal(_PURPOSE, authorization[len(_SCHEME) :].strip())
        if text is None:
            raise InvalidAccessToken
        claim = CasClaim.from_text(text)
        if not claim.scope.covers(needed):
            raise Forbidden(reason="This token is for reading only.")
        return claim
