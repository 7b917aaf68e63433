"""What people may choose: names, addresses, passwords, token strings, grants. Each check returns what it passed."""

from __future__ import annotations

import re

from holdfast.accounts.domain import ADMIN_NAME
from holdfast.base.errors import Conflict, InvalidInput
from holdfast.base.identity import Grant, Permission, TokenRole
from holdfast.base.ids import NAME_PATTERN, RESERVED_NAMESPACES, check_name

MIN_PASSWORD_LENGTH = 8
MAX_PASSWORD_LENGTH = 1000
MAX_FULLNAME_LENGTH = 200
MAX_BIO_LENGTH = 1000
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
    rf"{NAME_PATTERN.pattern}|(model|dataset|space|bucket):{NAME_PATTERN.pattern}/{NAME_PATTERN.pattern}"
)
MAX_GIVEN_TOKEN_LENGTH = 500


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


def check_bio(bio: str) -> str | None:
    """Return what somebody says of themselves, with plain line ends; None for nothing.

    Raises:
        InvalidInput: too long or with control characters.
    """
    lines = [line.rstrip() for line in bio.strip().splitlines()]
    if len(bio) > MAX_BIO_LENGTH or not all(line.isprintable() for line in lines):
        raise InvalidInput(field="bio", problem=f"must be at most {MAX_BIO_LENGTH} printable characters")
    return "\n".join(lines) or None


def check_email(email: str) -> str:
    """Return what may be an e-mail address; only a message sent there can tell.

    Raises:
        InvalidInput: without `@`, too long or with characters that no address has.
    """
    local, _, domain = email.rpartition("@")
    if not local or not domain or len(email) > MAX_EMAIL_LENGTH or not email.isprintable() or " " in email:
        raise InvalidInput(field="email", problem="must look like name@example.org")
    return email


def check_any_password(password: str) -> str:
    """Return a password that an administrator may give.

    Raises:
        InvalidInput: empty, or too long to hash.
    """
    if not 1 <= len(password) <= MAX_PASSWORD_LENGTH:
        raise InvalidInput(field="password", problem=f"must have 1 to {MAX_PASSWORD_LENGTH} characters")
    return password


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
    if not 1 <= len(secret) <= MAX_GIVEN_TOKEN_LENGTH or not all("!" <= character <= "~" for character in secret):
        raise InvalidInput(
            field="token", problem=f"must be 1 to {MAX_GIVEN_TOKEN_LENGTH} visible ASCII characters without spaces"
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


def parse_token_role(word: str) -> TokenRole:
    """Read the API's word.

    Raises:
        InvalidInput: another word.
    """
    for role in TokenRole:
        if role.value == word:
            return role
    raise InvalidInput(field="role", problem=f"must be one of {', '.join(role.value for role in TokenRole)}")


def parse_permission(word: str) -> Permission:
    """Read a permission of a grant.

    Raises:
        InvalidInput: no permission, or none that a token may name.
    """
    for permission in GRANTABLE:
        if permission.value == word:
            return permission
    words = ", ".join(sorted(permission.value for permission in GRANTABLE))
    raise InvalidInput(field="grants", problem=f"must each have permissions out of {words}; got {word[:50]!r}")
