"""Who calls, and what they may be allowed to do: plain words, no rules (those live in `accounts.permissions`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Permission(Enum):
    """Everything a route or use case can ask for. Routes declare one; services check it."""

    PUBLIC = "public"
    """Anybody, also anonymous: the answer depends on nothing private."""
    LOGIN = "login"
    """A known user with any credential."""
    WRITE_OWN = "write-own"
    """A known user whose credential may write: own settings, likes, new repos in own namespaces."""
    OWN_ACCOUNT = "own-account"
    """A known user by login session or password, never by access token: passwords, tokens, approved devices."""
    ADMIN_ORG = "admin-org"
    """The members and settings of an organization: its admins, with a credential that may write."""
    SITE_ADMIN = "site-admin"
    """An administrator of this Holdfast."""
    SEE_REPO = "see-repo"
    """Know that the repo exists, and its card and file list (gated repos are seen by everybody)."""
    READ_REPO = "read-repo"
    """Read the bytes of files."""
    DISCUSS_REPO = "discuss-repo"
    """Open discussions and pull requests: a known user who may read."""
    WRITE_REPO = "write-repo"
    """Commit, push, branch, tag."""
    ADMIN_REPO = "admin-repo"
    """Settings, gating, rename, delete."""
    SEE_JOBS = "see-jobs"
    """See the jobs of a namespace, their logs and artefacts: its members, with a credential that reads there."""
    RUN_JOBS = "run-jobs"
    """Run, change and cancel jobs in a namespace: who may create repos there, with a credential that writes there."""
    SIGNED = "signed"
    """The url or bearer carries its own short-lived signature."""


class TokenRole(Enum):
    """What an access token may do at most; the user's own rights still apply."""

    READ = "read"
    WRITE = "write"
    FINE_GRAINED = "fineGrained"


@dataclass(frozen=True)
class Grant:
    """One line of a fine-grained token. `scope` is a namespace (`alice`) or a repo key (`model:alice/bert`)."""

    scope: str
    permissions: frozenset[Permission]


@dataclass(frozen=True)
class Actor:
    """The caller of a use case. `user_id` None means anonymous.

    `token_role` None means a login session or the command line: the user's full rights. `address` is where a
    request that may change something came from, for the audit log; None means the command line, or unknown.
    """

    user_id: int | None = None
    username: str | None = None
    is_site_admin: bool = False
    token_role: TokenRole | None = None
    token_id: int | None = None
    grants: tuple[Grant, ...] = field(default=())
    address: str | None = field(default=None, compare=False)

    @property
    def is_anonymous(self) -> bool:
        """True when nobody is logged in."""
        return self.user_id is None


ANONYMOUS = Actor()
SYSTEM = Actor(user_id=0, username="system", is_site_admin=True)
"""The command line on the data directory, and background work."""
