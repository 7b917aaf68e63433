"""Use cases of discussions and pull requests."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.accounts.service import AccountService
from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.hub.community.service.discussing import DiscussionService
from holdfast.hub.community.service.merging import MergeService
from holdfast.hub.community.service.viewing import ViewService
from holdfast.hub.repos.service import RepoServices
from holdfast.hub.repos.service.access import RepoGate

__all__ = ["CommunityServices", "open_community"]


@dataclass(frozen=True)
class CommunityServices:
    """Everything that can be done with discussions."""

    views: ViewService
    discussions: DiscussionService
    merges: MergeService


def open_community(
    database: Database, accounts: AccountService, gate: RepoGate, repos: RepoServices, clock: Clock
) -> CommunityServices:
    """Build the services of one process."""
    return CommunityServices(
        views=ViewService(database, accounts, gate, repos.pool),
        discussions=DiscussionService(database, gate, repos.index, repos.pulls, clock),
        merges=MergeService(database, gate, repos.index, clock),
    )
