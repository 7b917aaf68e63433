"""How many repos a namespace shows to the world, for overviews."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from holdfast.accounts.domain import RepoCounts
from holdfast.base.ids import RepoType
from holdfast.hub.repos.store import repos


class PublicRepoCounter:
    """Implements `accounts.service.RepoCounter`."""

    def count_public_repos(self, connection: Connection, namespace_id: int) -> RepoCounts:
        """Count by type; private repos are nobody's business here."""
        return _counts(repos.count_by_type(connection, namespace_id, with_private=False))

    def count_repos(self, connection: Connection, namespace_id: int) -> RepoCounts:
        """Count by type, private ones too."""
        return _counts(repos.count_by_type(connection, namespace_id, with_private=True))


def _counts(numbers: Mapping[str, int]) -> RepoCounts:
    return RepoCounts(
        models=numbers.get(RepoType.MODEL.value, 0),
        datasets=numbers.get(RepoType.DATASET.value, 0),
        spaces=numbers.get(RepoType.SPACE.value, 0),
    )
