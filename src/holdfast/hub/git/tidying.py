"""Keeps repos quick that are pushed to often: every push leaves a pack, and git searches all of them.

Works in the background, one repo after the other; the daily round (`app.maintenance`) does the same for all repos.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from holdfast.base.errors import HoldfastError
from holdfast.hub.repos.git_storage.maintenance import maintain, needs_maintenance
from holdfast.hub.repos.git_storage.pool import RepositoryPool
from holdfast.hub.repos.git_storage.processes import GitFailed

logger = logging.getLogger("holdfast.hub.git")


class Tidier:
    """Rolls up the packs of repos that were pushed to."""

    def __init__(self, pool: RepositoryPool) -> None:
        self._pool = pool
        self._thread = ThreadPoolExecutor(1, "tidy")
        self._waiting: set[int] = set()
        self._guard = Lock()

    def suggest(self, key: int) -> None:
        """Look after this repo soon, if it needs it."""
        with self._guard:
            if key not in self._waiting:
                self._waiting.add(key)
                self._thread.submit(self._tidy, key)

    def close(self) -> None:
        """Finish the repo in hand and forget the others."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _tidy(self, key: int) -> None:
        with self._guard:
            self._waiting.discard(key)
        try:
            if needs_maintenance(self._pool, key):
                maintain(self._pool, key)
        except (HoldfastError, GitFailed) as error:  # it stays as it is, and there is a next time
            logger.warning("could not tidy repo %d: %s", key, error)
