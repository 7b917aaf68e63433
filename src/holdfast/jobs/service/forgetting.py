"""Forgets jobs that ended long ago: their rows, logs and files."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.backends.database.protocol import Database
from holdfast.backends.runners.protocol import Runner
from holdfast.base.clock import Clock
from holdfast.jobs.store import jobs as store

_DAY_MILLISECONDS = 24 * 3600 * 1000
_AT_ONCE = 100


@dataclass(frozen=True)
class JobHistory:
    """Jobs that have ended."""

    database: Database
    runner: Runner
    clock: Clock

    def forget_old(self, days: int) -> int:
        """Remove what ended more than so many days ago, 0 for nothing; returns how many jobs. For maintenance."""
        if days == 0:
            return 0
        count = 0
        while ids := self._old(self.clock() - days * _DAY_MILLISECONDS):
            for job_id in ids:
                self.runner.forget(job_id)
                with self.database.write() as connection:
                    store.delete_job(connection, job_id)
            count += len(ids)
        return count

    def _old(self, before: int) -> list[str]:
        with self.database.read() as connection:
            return store.list_ended(connection, before, _AT_ONCE)
