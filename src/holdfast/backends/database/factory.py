"""Chooses the database driver."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from holdfast.backends.database.protocol import Database
from holdfast.base.errors import InvalidInput

_SETTING = "HOLDFAST_DATABASE_URL"


def open_database(url: str | None, data_dir: Path) -> Database:
    """Open the database that `url` names; None means SQLite inside the data directory.

    Raises:
        InvalidInput: a url of another kind; PostgreSQL without its driver, or without an answer.
    """
    if url is None:
        from holdfast.backends.database.sqlite import SqliteDatabase  # noqa: PLC0415 - drivers are imported lazily

        return SqliteDatabase(data_dir / "holdfast.sqlite")
    if not url.startswith(("postgresql://", "postgres://")):
        raise InvalidInput(field=_SETTING, problem="must start with postgresql://")
    if find_spec("psycopg") is None:
        raise InvalidInput(field=_SETTING, problem="needs PostgreSQL's driver: pip install 'holdfast[postgresql]'")
    from holdfast.backends.database.postgresql import PostgresqlDatabase  # noqa: PLC0415

    return PostgresqlDatabase(url)
