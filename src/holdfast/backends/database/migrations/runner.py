"""Runs the migrations in-process. Alembic is imported only when there is something to do: a start stays fast."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

_FOLDER = Path(__file__).parent


def migrate(engine: Engine) -> None:
    """Bring the tables behind `engine` to the newest revision."""
    if current_revision(engine) == newest_revision():
        return
    from alembic import command  # noqa: PLC0415 - 200 ms that most starts don't need
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    with engine.connect() as connection:
        config.attributes["connection"] = connection.execution_options(holdfast_write=True)
        command.upgrade(config, "head")


def current_revision(engine: Engine) -> str | None:
    """The revision of the database, None when it is empty."""
    with engine.connect() as connection:
        return _stored_revision(connection)


def newest_revision() -> str | None:
    """The last revision of the tree: files are named `NNNN_title.py` and NNNN is the revision; None for no files."""
    return max((path.name.split("_", 1)[0] for path in (_FOLDER / "versions").glob("[0-9]*_*.py")), default=None)


def _stored_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return None if row is None else str(row[0])
