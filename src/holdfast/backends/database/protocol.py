"""What every database driver promises.

* `write()` is one serialised transaction: all of it is durable when the block ends, none of it after an exception.
* `read()` is a consistent snapshot; it never waits for writers.
* `fetch_one()` is the hot path: one prepared statement outside of any transaction.
* A full disk is `StorageFull`, a broken uniqueness rule SQLAlchemy's `IntegrityError` (stores translate it).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Connection, MetaData

metadata = MetaData()
"""Holds every table; each capability's `store` declares its own."""


class Database(Protocol):
    """A relational database with serialised writes."""

    def read(self) -> AbstractContextManager[Connection]:
        """Open a snapshot for reading."""
        ...

    def write(self) -> AbstractContextManager[Connection]:
        """Open a transaction; commits when the block ends, rolls back on any exception."""
        ...

    def fetch_one(self, sql: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
        """Run one SELECT with `?` placeholders and return its first row, or None."""
        ...

    def migrate(self) -> None:
        """Bring the tables to this version's form; does nothing when they are."""
        ...

    def revision(self) -> str | None:
        """The form that the tables have, None for none at all."""
        ...

    def newest_revision(self) -> str | None:
        """The form that `migrate` gives them."""
        ...

    def check(self) -> list[str]:
        """What the database finds wrong with itself, in its own words; empty when it is whole."""
        ...

    def close(self) -> None:
        """Give back every connection."""
        ...
