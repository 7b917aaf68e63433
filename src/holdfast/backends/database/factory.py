"""Chooses the database driver."""

from __future__ import annotations

from pathlib import Path

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import NotServed


def open_database(url: str | None, data_dir: Path) -> Database:
    """Open the database that `url` names; None means SQLite inside the data directory.

    Raises:
        NotServed: a url of another kind; PostgreSQL comes with the scale-out release.
    """
    if url is not None:
        raise NotServed(feature=f"A database at {url.split(':', 1)[0]}://")
    from holdfast.backends.database.sqlite import SqliteDatabase  # noqa: PLC0415 - drivers are imported lazily

    return SqliteDatabase(data_dir / "holdfast.sqlite")
