"""Secrets at rest: sealed with a key that is not in the database, so that its copies tell nothing.

AES-256-GCM under a key derived from the server's secret (HKDF-SHA256, RFC 5869); a fresh nonce for every text, and
what it belongs to as associated data, so that a sealed text put elsewhere does not open.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_VERSION = "1."


@dataclass(frozen=True)
class Sealer:
    """Seals and opens texts for one purpose."""

    secret: bytes = field(repr=False)
    purpose: str

    def seal(self, text: str, owner: str) -> str:
        """The sealed text; it opens for the same `owner` only."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._cipher().encrypt(nonce, text.encode(), owner.encode())
        return _VERSION + base64.b64encode(sealed).decode()

    def open(self, sealed: str, owner: str) -> str | None:
        """The text; None when it was sealed with another key, for another owner, or was changed."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - a library that few requests need

        try:
            data = base64.b64decode(sealed.removeprefix(_VERSION))
            text = self._cipher().decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], owner.encode())
        except (InvalidTag, ValueError):
            return None
        return text.decode()

    def _cipher(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=self.purpose.encode()).derive(self.secret)
        return AESGCM(key)
