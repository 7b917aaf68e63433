"""Reads repos again that an older version of the program indexed, so that new filters find old repos too."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import pygit2

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import HoldfastError
from holdfast.hub.repos.service.indexing import RepoIndex
from holdfast.hub.repos.store import listing_index, repos

logger = logging.getLogger("holdfast.repos")


@dataclass(frozen=True)
class IndexRenewer:
    """Brings the index up to `documents.FACTS_VERSION`, one repo at a time; requests go on meanwhile."""

    database: Database
    index: RepoIndex

    def outdated(self, after_key: int, limit: int = 100) -> list[int]:
        """The next repos whose index is old, by key."""
        with self.database.read() as connection:
            return listing_index.outdated_keys(connection, limit, after_key)

    def renew(self, key: int) -> bool:
        """Index one repo again. False when it cannot be read: `fsck` tells why, and the next start tries again."""
        try:
            self.index.reindex(key)
            with self.database.write() as connection:
                repo = repos.get_repo(connection, key)
                if repo is not None:
                    listing_index.write_visibility(connection, repo)
        except (HoldfastError, KeyError, pygit2.GitError):
            logger.warning("repo %d cannot be indexed again", key, exc_info=True)
            return False
        return True
