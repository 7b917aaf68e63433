"""What the audit log holds: who did what to what, when, and from where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from holdfast.base.errors import InvalidInput


class AuditAction(Enum):
    """What is worth remembering for good. The value is the word of the table and of the API."""

    LOGIN = "login"
    LOGIN_FAILED = "login.failed"
    LOGIN_REVOKED = "login.revoked"
    SIGN_UP = "user.signed-up"
    USER_CREATED = "user.created"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    SITE_ADMIN_GRANTED = "user.made-admin"
    SITE_ADMIN_REVOKED = "user.no-longer-admin"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - a word
    PASSWORD_RESET = "password.reset"  # noqa: S105 - a word
    TOKEN_CREATED = "token.created"  # noqa: S105 - a word
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - a word
    DEVICE_APPROVED = "device.approved"
    DEVICE_DENIED = "device.denied"
    ORG_CREATED = "organization.created"
    ORG_DELETED = "organization.deleted"
    ROLE_SET = "member.role-set"
    MEMBER_REMOVED = "member.removed"
    REPO_CREATED = "repo.created"
    REPO_DELETED = "repo.deleted"
    REPO_MOVED = "repo.moved"
    REPO_SETTINGS = "repo.settings"
    JOB_CREATED = "job.created"
    JOB_CANCELLED = "job.cancelled"
    TRIAL_DEPLOYED = "trial.deployed"
    SCHEDULE_CREATED = "schedule.created"
    SCHEDULE_CHANGED = "schedule.changed"
    SCHEDULE_TRIGGERED = "schedule.triggered"
    SCHEDULE_DELETED = "schedule.deleted"
    SITE_SETTINGS = "site.settings"
    SET_UP = "site.set-up"

    @classmethod
    def parse(cls, word: str) -> AuditAction:
        """Read the API's word.

        Raises:
            InvalidInput: another word.
        """
        for action in cls:
            if action.value == word:
                return action
        raise InvalidInput(field="action", problem=f"must be one of {', '.join(action.value for action in cls)}")


@dataclass(frozen=True)
class AuditEvent:
    """One thing that happened.

    Args:
        actor: the user's name, lower case; `system` for the command line.
        address: where the request came from; None means the command line.
        target: what it was done to: a user, an organization, a repo as `model:alice/bert`; lower case.
        details: more, in words.
    """

    id: int
    happened_at: int
    actor: str
    address: str | None
    action: AuditAction
    target: str
    details: Mapping[str, str]


@dataclass(frozen=True)
class AuditQuery:
    """Which events to list; None means all. `before` is the id of the last event of the page before."""

    actor: str | None = None
    action: AuditAction | None = None
    target: str | None = None
    before: int | None = None


@dataclass(frozen=True)
class AuditPage:
    """Events, newest first; `next_cursor` None on the last page."""

    events: list[AuditEvent]
    next_cursor: int | None
