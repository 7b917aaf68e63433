"""`holdfast migrate`: the tables' form."""

from __future__ import annotations

from typing import Annotated

import typer


def migrate(
    new: Annotated[
        str | None,
        typer.Option("--new", metavar="TITLE", help="For developers: write the migration that the tables' code needs."),
    ] = None,
) -> None:
    """Bring the tables of the data directory up to date.

    Every start of the server does this too; run it by hand to see what happens, with a backup at hand.

    Example: holdfast migrate
    """
    if new is not None:
        _write(new)
        return
    from holdfast.cli.data import open_database_as_it_is  # noqa: PLC0415 - keeps help fast

    with open_database_as_it_is() as database:
        before, newest = database.revision(), database.newest_revision()
        database.migrate()
    if before == newest:
        print(f"The tables are up to date (revision {newest}).")
    else:
        print(f"Brought the tables from {'nothing' if before is None else f'revision {before}'} to revision {newest}.")


def _write(title: str) -> None:
    from holdfast.app.schema import all_tables  # noqa: PLC0415
    from holdfast.backends.database.migrations.writer import write_migration  # noqa: PLC0415

    path = write_migration(all_tables(), title)
    print(
        "The migrations make every table already." if path is None else f"Wrote {path}. Read it before committing it."
    )
