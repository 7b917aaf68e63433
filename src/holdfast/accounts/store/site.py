"""SQL for the site's settings: one row at most."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, insert, update

from holdfast.accounts.domain import SiteSettings
from holdfast.accounts.store.tables import site_settings
from holdfast.backends.database.protocol import Database

_READ = "SELECT open_signup, instance_name, announcement FROM site_settings WHERE id = 1"


def read_settings(database: Database, defaults: SiteSettings) -> SiteSettings:
    """The settings as they are now; what nobody has set is as in `defaults`. Fast: pages ask each time."""
    row = database.fetch_one(_READ, ())
    if row is None:
        return defaults
    open_signup, instance_name, announcement = row
    return SiteSettings(
        open_signup=defaults.open_signup if open_signup is None else bool(open_signup),
        instance_name=instance_name or defaults.instance_name,
        announcement=announcement or defaults.announcement,
    )


def save_settings(connection: Connection, values: Mapping[str, object]) -> None:
    """Set columns; the others stay."""
    if connection.execute(update(site_settings).where(site_settings.c.id == 1).values(**values)).rowcount == 0:
        connection.execute(insert(site_settings).values(id=1, **values))
