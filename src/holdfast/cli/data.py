"""Opens the data directory for commands that work on it whether or not a server runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.accounts.service import AccountServices
    from holdfast.app.services import Services
    from holdfast.backends.database.protocol import Database


@contextmanager
def open_database() -> Iterator[Database]:
    """Open the database of `HOLDFAST_DATA_DIR` with its tables up to date; makes the directory if need be."""
    with open_database_as_it_is() as database:
        database.migrate()
        yield database


@contextmanager
def open_database_as_it_is() -> Iterator[Database]:
    """Open the database of `HOLDFAST_DATA_DIR`, whatever form its tables have; makes the directory if need be."""
    from holdfast.backends.database import factory  # noqa: PLC0415 - SQLAlchemy is not needed to print help
    from holdfast.base.settings import settings_from_environment  # noqa: PLC0415

    settings = settings_from_environment()
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = factory.open_database(settings.database_url, settings.data_dir)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def open_accounts() -> Iterator[AccountServices]:
    """Open the accounts of the data directory."""
    from holdfast.accounts import service  # noqa: PLC0415
    from holdfast.base.clock import now_milliseconds  # noqa: PLC0415

    with open_database() as database:
        yield service.open_accounts(database, now_milliseconds)


@contextmanager
def open_everything() -> Iterator[Services]:
    """Open all services on the data directory, as a server does."""
    from holdfast.app.data_dir import check_data_dir  # noqa: PLC0415
    from holdfast.app.services import open_services  # noqa: PLC0415
    from holdfast.base.settings import settings_from_environment  # noqa: PLC0415

    settings = settings_from_environment()
    check_data_dir(settings.data_dir)
    services = open_services(settings)
    try:
        yield services
    finally:
        services.close()
