"""Lets git-lfs clients that speak Xet upload that way: the bridge between two capabilities that ignore each other."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.base.identity import Actor
from holdfast.base.ids import RepoId, RepoType
from holdfast.hub.lfs.domain import XetAction
from holdfast.hub.xet.domain import Scope
from holdfast.hub.xet.service.tokens import CasTokens


@dataclass(frozen=True)
class LfsXetGate:
    """Implements `lfs.domain.XetGate`."""

    tokens: CasTokens

    def upload_action(self, base_url: str, actor: Actor, repo_type: RepoType, repo_id: RepoId) -> XetAction:
        """See `XetGate.upload_action`."""
        access = self.tokens.issue(actor, repo_type, repo_id, Scope.WRITE, for_pull_request=True)
        url = base_url + access.path
        header = {
            "X-Xet-Cas-Url": url,
            "X-Xet-Access-Token": access.word,
            "X-Xet-Token-Expiration": str(access.expires_at_seconds),
        }
        return XetAction(url, header)
