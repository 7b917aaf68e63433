"""How many repos a namespace shows to the world, for overviews."""

from __future__ import annotations

from sqlalchemy import Connection

from holdfast.accounts.domain import RepoCounts
from holdfast.base.ids import RepoType
from holdfast.hub.repos.store import repos


class PublicRepoCounter:
    """Implements `accounts.service.RepoCounter`."""

    def count_public_repos(self, connection: Connection, namespace_id: int) -> RepoCounts:
        """Count by type; private repos are nobody's business here."""
        counts = repos.count_public(connection, namespace_id)
        return RepoCounts(
            models=counts.get(RepoType.MODEL.value, 0),
            datasets=counts.get(RepoType.DATASET.value, 0),
            spaces=counts.get(RepoType.SPACE.value, 0),
        )

    def count_repos(self, connection: Connection, namespace_id: int) -> int:
        """Count all, private ones too."""
        return repos.count_all(connection, namespace_id)
