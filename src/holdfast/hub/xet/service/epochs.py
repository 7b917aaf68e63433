"""The epoch of the store: a random word in the CAS url.

Clients remember for three weeks, by that url, which chunks they sent, and then do not send them again. Whenever stored
bytes may be gone sooner (restored backup, early collection), a new epoch makes them forget. Old urls keep answering.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from holdfast.backends.database.protocol import Database
from holdfast.hub.xet import store

_EPOCH_BYTES = 6


@dataclass(frozen=True)
class Epochs:
    """Knows the current epoch."""

    database: Database

    def current(self) -> str:
        """The epoch; the first is begun when somebody asks."""
        row = self.database.fetch_one(store.EPOCH, ())
        if row is not None:
            return str(row[0])
        with self.database.write() as connection:
            return store.get_epoch(connection) or self.bump(connection)

    def bump(self, connection: Connection) -> str:
        """Begin a new epoch within a transaction and return it."""
        epoch = secrets.token_hex(_EPOCH_BYTES)
        store.set_epoch(connection, epoch)
        return epoch

    def bump_now(self) -> str:
        """Begin a new epoch, as after restoring a backup, and return it."""
        with self.database.write() as connection:
            return self.bump(connection)
