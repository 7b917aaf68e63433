"""Counts downloads: one for each client and repo within five minutes, however many files it fetches.

Counts are kept in memory and written in batches: a crash loses the last seconds of them, never anything else.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

from holdfast.backends.database.protocol import Database
from holdfast.base.clock import Clock
from holdfast.base.errors import HoldfastError
from holdfast.hub.repos.store import downloads, trending

WINDOW_MILLISECONDS = 5 * 60 * 1000
DAY_MILLISECONDS = 24 * 3600 * 1000
RECENT_DAYS = 30
MAX_REMEMBERED_CLIENTS = 200_000


@dataclass
class DownloadCounter:
    """Shared by all requests of the process."""

    database: Database
    clock: Clock
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _window: int = 0
    _seen: set[tuple[int, str, int | None]] = field(default_factory=set)
    _counts: Counter[int] = field(default_factory=Counter)

    def count(self, repo_key: int, address: str, user_id: int | None) -> None:
        """Note that a client fetched something of a repo."""
        window = self.clock() // WINDOW_MILLISECONDS
        with self._lock:
            if window != self._window:
                self._window = window
                self._seen.clear()
            client = (repo_key, address, user_id)
            if client not in self._seen:
                if len(self._seen) >= MAX_REMEMBERED_CLIENTS:
                    self._seen.clear()  # rather count some twice than remember without end
                self._seen.add(client)
                self._counts[repo_key] += 1

    def flush(self) -> None:
        """Write what was counted since the last time.

        Raises:
            StorageFull, Overloaded: not now; nothing is forgotten.
        """
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            self._write(counts)
        except HoldfastError:
            with self._lock:
                self._counts.update(counts)  # for the next time
            raise

    def _write(self, counts: Counter[int]) -> None:
        now = self.clock()
        day = now // DAY_MILLISECONDS
        with self.database.write() as connection:
            for repo_key, count in counts.items():
                downloads.add(connection, repo_key, day, count, since_day=day - RECENT_DAYS)
            trending.refresh(connection, counts.keys(), now)

    def forget_old_days(self) -> None:
        """Bring recent counts and scores up to date for repos that nobody downloads or likes any more."""
        now = self.clock()
        with self.database.write() as connection:
            downloads.expire(connection, before_day=now // DAY_MILLISECONDS - RECENT_DAYS)
            trending.refresh(connection, trending.trending_keys(connection), now)
