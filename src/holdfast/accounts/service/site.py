"""What administrators choose while the server runs: sign-up, the instance's name, an announcement."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.accounts import permissions
from holdfast.accounts.auditing import AuditAction
from holdfast.accounts.domain import SiteSettings
from holdfast.accounts.service.audit import AuditLog
from holdfast.accounts.store import site
from holdfast.backends.database.protocol import Database
from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Actor, Permission

MAX_NAME_LENGTH = 60
MAX_ANNOUNCEMENT_LENGTH = 500


@dataclass(frozen=True)
class SiteService:
    """Settings of the whole site. `defaults` count until an administrator says otherwise."""

    database: Database
    audit: AuditLog
    defaults: SiteSettings

    def settings(self) -> SiteSettings:
        """As they are now; everybody may know them. Fast enough for every page."""
        return site.read_settings(self.database, self.defaults)

    def for_admins(self, actor: Actor) -> SiteSettings:
        """The same for those who may change them.

        Raises:
            LoginRequired, Forbidden: not a site admin.
        """
        permissions.check_account(actor, Permission.SITE_ADMIN)
        return self.settings()

    def change(
        self,
        actor: Actor,
        *,
        open_signup: bool | None = None,
        instance_name: str | None = None,
        announcement: str | None = None,
    ) -> SiteSettings:
        """Change settings, as a site admin. None means: as it is; an empty text means the default.

        Raises:
            InvalidInput: too long or with control characters.
            LoginRequired, Forbidden: not a site admin.
        """
        permissions.check_account(actor, Permission.SITE_ADMIN)
        values: dict[str, object] = {}
        if open_signup is not None:
            values["open_signup"] = open_signup
        if instance_name is not None:
            values["instance_name"] = _line(instance_name, "instanceName", MAX_NAME_LENGTH)
        if announcement is not None:
            values["announcement"] = _line(announcement, "announcement", MAX_ANNOUNCEMENT_LENGTH)
        if values:
            with self.database.write() as connection:
                site.save_settings(connection, values)
                told = {name: "" if value is None else str(value) for name, value in values.items()}
                self.audit.record(connection, actor, AuditAction.SITE_SETTINGS, "site", **told)
        return self.settings()


def _line(text: str, field: str, limit: int) -> str | None:
    line = " ".join(text.split())
    if len(line) > limit or not line.isprintable():
        raise InvalidInput(field=field, problem=f"must be at most {limit} printable characters")
    return line or None
