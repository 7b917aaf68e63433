"""Counts what namespaces own, for accounts, which know neither repos nor buckets."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from holdfast.accounts.domain import RepoCounts
from holdfast.hub.buckets.service.upkeep import count_buckets
from holdfast.hub.repos.service.counting import PublicRepoCounter


class NamespaceCounter(PublicRepoCounter):
    """An `accounts.service.RepoCounter` that counts buckets too: their owner cannot be deleted either."""

    def count_repos(self, connection: Connection, namespace_id: int) -> RepoCounts:
        """See `RepoCounter.count_repos`."""
        return replace(super().count_repos(connection, namespace_id), buckets=count_buckets(connection, namespace_id))
