"""What accounts are made of: values and pure rules. Every `*_at` is milliseconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from holdfast.base.errors import InvalidInput
from holdfast.base.identity import Grant, TokenRole

ADMIN_NAME = "admin"
"""The user that a new instance starts with."""


class OrgRole(Enum):
    """What a member may do in an organization, from least to most.

    Source: the Hub's documentation, "Access control in organizations".
    """

    READ = "read"
    """See and read everything, open pull requests."""
    CONTRIBUTOR = "contributor"
    """Create repos, and write to those."""
    WRITE = "write"
    """Write to every repo, change its settings, delete it."""
    ADMIN = "admin"
    """Also manage the members."""

    def includes(self, other: OrgRole) -> bool:
        """True when this role may do all that `other` may."""
        order = list(OrgRole)
        return order.index(self) >= order.index(other)

    @classmethod
    def parse(cls, word: str) -> OrgRole:
        """Read the API's word.

        Raises:
            InvalidInput: another word.
        """
        for role in cls:
            if role.value == word:
                return role
        raise InvalidInput(field="role", problem=f"must be one of {', '.join(role.value for role in cls)}")


class NamespaceKind(Enum):
    """Whose name it is."""

    USER = "user"
    ORG = "org"


class TokenOrigin(Enum):
    """How an access token came to be. `OAUTH` tokens have no name that the client would keep."""

    CREATED = "created"
    OAUTH = "oauth"


@dataclass(frozen=True)
class Namespace:
    """A user or an organization. `name` in the letters of its owner; `key` is the form under which it is unique."""

    id: int
    name: str
    kind: NamespaceKind
    fullname: str
    avatar_url: str | None
    private_by_default: bool
    created_at: int
    bio: str | None = None

    @property
    def key(self) -> str:
        """The lower-case name."""
        return self.name.lower()

    @property
    def is_org(self) -> bool:
        """True for an organization."""
        return self.kind is NamespaceKind.ORG

    @property
    def uid(self) -> str:
        """The 24 hexadecimal digits that the API calls `id` or `_id`."""
        return f"{self.id:024x}"


@dataclass(frozen=True)
class User:
    """A person's account. `email` None: unknown. `disabled_at` and `last_login_at` None: never."""

    namespace: Namespace
    email: str | None
    has_password: bool
    is_site_admin: bool
    disabled_at: int | None
    last_login_at: int | None

    @property
    def id(self) -> int:
        """The namespace's id is the user's id."""
        return self.namespace.id

    @property
    def name(self) -> str:
        """The user name."""
        return self.namespace.name


@dataclass(frozen=True)
class Membership:
    """A role together with its other side: the organization when a user was asked for, the user of an organization."""

    namespace: Namespace
    role: OrgRole


@dataclass(frozen=True)
class AccessToken:
    """A credential, without its secret. `last_used_at` None: never used; `expires_at` None: lives until revoked."""

    id: int
    user_id: int
    name: str
    role: TokenRole
    origin: TokenOrigin
    grants: tuple[Grant, ...]
    created_at: int
    last_used_at: int | None
    expires_at: int | None


@dataclass(frozen=True)
class IssuedToken:
    """A new access token and its secret, which is stored nowhere and shown once."""

    token: AccessToken
    secret: str


@dataclass(frozen=True)
class IssuedSession:
    """A new login session of a user: `secret` belongs in the cookie."""

    user: Namespace
    secret: str
    expires_at: int


@dataclass(frozen=True)
class LoginSession:
    """A browser in which a user is logged in.

    Args:
        id: names it among the user's sessions; not the secret of the cookie.
        last_seen_at: None means never since the login.
        address: where the login came from; None when unknown, as `user_agent`.
        is_current: it is the one that asks.
    """

    id: str
    created_at: int
    last_seen_at: int | None
    expires_at: int
    address: str | None
    user_agent: str | None
    is_current: bool


@dataclass(frozen=True)
class ProfileChange:
    """What a user or an organization says of itself; None means: as it is. An empty bio is none."""

    fullname: str | None = None
    bio: str | None = None
    private_by_default: bool | None = None


@dataclass(frozen=True)
class NewAccount:
    """What somebody who signs up chooses. `fullname` and `email` None: not told."""

    name: str
    password: str
    fullname: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class SiteSettings:
    """What administrators choose while the server runs.

    Args:
        open_signup: anybody may create an account.
        instance_name: shown on every page.
        announcement: a sentence shown above every page; None for none.
    """

    open_signup: bool = False
    instance_name: str = "Holdfast"
    announcement: str | None = None


@dataclass(frozen=True)
class DeviceGrant:
    """A program that asks to act for a user. `user_id` None: nobody approved it yet; `polled_at` None: never asked."""

    id: int
    user_code: str
    client_id: str
    created_at: int
    user_id: int | None
    denied: bool
    polled_at: int | None
    expires_at: int


@dataclass(frozen=True)
class IssuedDeviceCode:
    """What a program gets that starts a device login: `device_code` is its secret, `user_code` for people to type."""

    device_code: str
    user_code: str
    lifetime_seconds: int
    interval_seconds: int


@dataclass(frozen=True)
class IssuedOAuthToken:
    """What a program gets in the end. `refresh_token` buys the next access token."""

    access_token: str
    refresh_token: str
    lifetime_seconds: int


class OAuthRefusal(Enum):
    """Why there is no token (yet). The value is the protocol's word. Source: RFC 8628, 3.5 and RFC 6749, 5.2."""

    PENDING = "authorization_pending"
    SLOW_DOWN = "slow_down"
    DENIED = "access_denied"
    EXPIRED = "expired_token"
    INVALID_GRANT = "invalid_grant"


@dataclass(frozen=True)
class RepoCounts:
    """How many repos a namespace has, by type; and buckets, which no overview counts."""

    models: int
    datasets: int
    spaces: int
    buckets: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.models + self.datasets + self.spaces


@dataclass(frozen=True)
class FirstAdmin:
    """How to enter a new instance. Both secrets are stored nowhere."""

    username: str
    password: str
    access_token: str
