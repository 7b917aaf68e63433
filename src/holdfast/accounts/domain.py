"""What accounts are made of: values and pure rules. Every `*_at` is milliseconds since 1970."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from dataclasses import dataclass
from enum import Enum

from holdfast.base.errors import Conflict, InvalidInput
from holdfast.base.identity import Grant, Permission, TokenRole
from holdfast.base.ids import NAME_PATTERN, RESERVED_NAMESPACES, check_name

ADMIN_NAME = "admin"
"""The user that a new instance starts with."""

MIN_PASSWORD_LENGTH = 8
MAX_PASSWORD_LENGTH = 1000
MAX_FULLNAME_LENGTH = 200
MAX_EMAIL_LENGTH = 320
MAX_TOKEN_NAME_LENGTH = 200
MAX_GRANTS = 200

GRANTABLE = frozenset({
    Permission.SEE_REPO,
    Permission.READ_REPO,
    Permission.DISCUSS_REPO,
    Permission.WRITE_REPO,
    Permission.ADMIN_REPO,
    Permission.WRITE_OWN,
})  # fmt: skip
"""What a line of a fine-grained token may name."""

_SCOPE_PATTERN = re.compile(
    rf"{NAME_PATTERN.pattern}|(model|dataset|space):{NAME_PATTERN.pattern}/{NAME_PATTERN.pattern}"
)
CREDENTIAL_PREFIX = "hf_"
"""How access tokens made here begin. Source: the Hub's; clients and secret scanners know it."""

_TOKEN_ALPHABET = string.ascii_letters + string.digits
_TOKEN_LENGTH = 34
_MAX_TOKEN_LENGTH = 500
_USER_CODE_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"


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
class DeviceGrant:
    """A program that asks to act for a user. `user_id` None: nobody approved it yet; `polled_at` None: never asked."""

    id: int
    user_code: str
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
    """How many public repos a namespace has."""

    models: int
    datasets: int
    spaces: int


@dataclass(frozen=True)
class FirstAdmin:
    """How to enter a new instance. Both secrets are stored nowhere."""

    username: str
    password: str
    access_token: str


def check_namespace_name(name: str, *, for_site_admin: bool = False) -> str:
    """Return a name that a user or an organization may have; only a site admin may be called `admin`.

    Raises:
        InvalidInput: against the rules for names.
        Conflict: a word that Holdfast's own addresses need.
    """
    check_name(name)
    if name.lower() in RESERVED_NAMESPACES and not (for_site_admin and name.lower() == ADMIN_NAME):
        raise Conflict(reason=f"The name {name!r} is reserved")
    return name


def check_fullname(fullname: str) -> str:
    """Return a full name that fits on a page.

    Raises:
        InvalidInput: too long or with control characters.
    """
    if len(fullname) > MAX_FULLNAME_LENGTH or not fullname.isprintable():
        raise InvalidInput(field="fullname", problem=f"must be at most {MAX_FULLNAME_LENGTH} printable characters")
    return fullname


def check_email(email: str) -> str:
    """Return what may be an e-mail address; only a message sent there can tell.

    Raises:
        InvalidInput: without `@`, too long or with characters that no address has.
    """
    local, _, domain = email.rpartition("@")
    if not local or not domain or len(email) > MAX_EMAIL_LENGTH or not email.isprintable() or " " in email:
        raise InvalidInput(field="email", problem="must look like name@example.org")
    return email


def check_new_password(password: str) -> str:
    """Return a password that somebody may choose.

    Raises:
        InvalidInput: too short to protect anything, or too long to hash.
    """
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise InvalidInput(
            field="password", problem=f"must have {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters"
        )
    return password


def check_given_token(secret: str) -> str:
    """Return a token string chosen by somebody else, as migrations need it.

    Raises:
        InvalidInput: empty, too long, or not fit for a header.
    """
    if not 1 <= len(secret) <= _MAX_TOKEN_LENGTH or not all("!" <= character <= "~" for character in secret):
        raise InvalidInput(
            field="token", problem=f"must be 1 to {_MAX_TOKEN_LENGTH} visible ASCII characters without spaces"
        )
    return secret


def check_token_name(name: str) -> str:
    """Return a name by which people tell their tokens apart.

    Raises:
        InvalidInput: empty, too long or with control characters.
    """
    if not 1 <= len(name) <= MAX_TOKEN_NAME_LENGTH or not name.isprintable():
        raise InvalidInput(field="displayName", problem=f"must have 1 to {MAX_TOKEN_NAME_LENGTH} printable characters")
    return name


def check_grants(role: TokenRole, grants: tuple[Grant, ...]) -> None:
    """Refuse grants that could mean nothing.

    Raises:
        InvalidInput: grants on another kind of token, too many, or one with a bad scope or permission.
    """
    if grants and role is not TokenRole.FINE_GRAINED:
        raise InvalidInput(field="grants", problem="are only for fine-grained tokens")
    if len(grants) > MAX_GRANTS:
        raise InvalidInput(field="grants", problem=f"must be at most {MAX_GRANTS}")
    for grant in grants:
        if not _SCOPE_PATTERN.fullmatch(grant.scope):
            raise InvalidInput(
                field="grants", problem=f"have a scope that is no `name` and no `type:name/repo`: {grant.scope[:200]!r}"
            )
        if not grant.permissions or not grant.permissions <= GRANTABLE:
            words = ", ".join(sorted(permission.value for permission in GRANTABLE))
            raise InvalidInput(field="grants", problem=f"must each have permissions out of {words}")


def new_token_secret() -> str:
    """A fresh access token; clients recognise the prefix."""
    return CREDENTIAL_PREFIX + "".join(secrets.choice(_TOKEN_ALPHABET) for _ in range(_TOKEN_LENGTH))


def new_user_code() -> str:
    """Eight letters that people type from one screen into another: no vowels, so no words. Source: RFC 8628, 6.1."""
    letters = "".join(secrets.choice(_USER_CODE_ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def read_user_code(text: str) -> str:
    """Bring a typed user code to its stored form: case, spaces and dashes don't matter."""
    letters = "".join(character for character in text.upper() if character.isalpha())
    return f"{letters[:4]}-{letters[4:]}"


def fingerprint(secret: str) -> str:
    """SHA-256 in hexadecimal: all that is stored of a random secret, which needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
