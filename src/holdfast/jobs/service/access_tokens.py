"""The access token of an attempt: its command acts as the creator, in the job's namespace only, while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from holdfast.accounts.domain import IssuedToken
from holdfast.accounts.service import TokenService
from holdfast.base.clock import Clock
from holdfast.base.errors import NotFound
from holdfast.base.identity import SYSTEM, Grant, Permission, TokenRole
from holdfast.jobs.store.claims import Claim

_SPARE_SECONDS = 3600
_RIGHTS = frozenset({Permission.WRITE_REPO})
"""Reading is part of it, and creating repos; settings, deleting and everything outside of the namespace are not."""


@dataclass(frozen=True)
class JobTokens:
    """Gives them out and takes them back."""

    tokens: TokenService
    clock: Clock

    def issue(self, claim: Claim, grants: Sequence[Grant] = ()) -> IssuedToken | None:
        """A token for one attempt; None for a job of the server itself, which is nobody.

        Args:
            claim: the attempt.
            grants: more that it may do: with what is mounted from elsewhere.

        Raises:
            NotFound: the creator's account is gone.
        """
        if claim.creator is None:
            return None
        seconds = (claim.timeout_seconds or 0) + _SPARE_SECONDS
        return self.tokens.create_access_token(
            SYSTEM,
            _name_of(claim),
            TokenRole.FINE_GRAINED,
            username=claim.creator,
            grants=(Grant(claim.namespace, _RIGHTS), *grants),
            expires_at=self.clock() + seconds * 1000,
        )

    def revoke(self, claim: Claim) -> None:
        """End the token of an attempt, also when the worker that issued it died before it could say so."""
        if claim.creator is None:
            return
        with suppress(NotFound):  # the account is gone, or its owner was first
            for token in self.tokens.list_access_tokens(SYSTEM, claim.creator):
                if token.name == _name_of(claim):
                    self.tokens.revoke_access_token(SYSTEM, token.id, claim.creator)


def _name_of(claim: Claim) -> str:
    return f"job {claim.job_id}, attempt {claim.attempt}"
