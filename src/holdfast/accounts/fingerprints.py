"""Secrets: how they are made, and the fingerprint under which they are stored."""

from __future__ import annotations

import hashlib
import secrets
import string

CREDENTIAL_PREFIX = "hf_"
"""How access tokens made here begin. Source: the Hub's; clients and secret scanners know it."""

_TOKEN_ALPHABET = string.ascii_letters + string.digits
_TOKEN_LENGTH = 34
_USER_CODE_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"


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
