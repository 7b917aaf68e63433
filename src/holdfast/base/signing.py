"""Short-lived signed claims: upload and fetch urls, Xet access tokens, browser sessions' CSRF words.

A claim is a tuple of words under a purpose; the signature covers all of them and the expiry, so a word from one
purpose never passes for another. Knows nothing about who may ask for one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

from holdfast.base.clock import Clock, now_milliseconds

_MAC_BYTES = 20
_EXPIRY = re.compile(r"[0-9a-f]{1,12}")


@dataclass(frozen=True)
class Signer:
    """Signs and checks claims with HMAC-SHA256 under the server's secret key."""

    secret: bytes
    clock: Clock = now_milliseconds

    def sign(self, purpose: str, claim: str, lifetime_seconds: int) -> str:
        """Return `expiry.mac`, both url-safe, valid for `lifetime_seconds`."""
        expiry = self.clock() // 1000 + lifetime_seconds
        return f"{expiry:x}.{self._mac(purpose, claim, expiry)}"

    def check(self, purpose: str, claim: str, signature: str) -> bool:
        """True when `signature` was made for this purpose and claim and has not expired."""
        word, _, mac = signature.partition(".")
        if not _EXPIRY.fullmatch(word):
            return False
        expiry = int(word, 16)
        if not hmac.compare_digest(mac.encode(), self._mac(purpose, claim, expiry).encode()):
            return False
        return expiry >= self.clock() // 1000

    def _mac(self, purpose: str, claim: str, expiry: int) -> str:
        message = f"{purpose}\n{expiry}\n{claim}".encode()
        digest = hmac.digest(self.secret, message, hashlib.sha256)[:_MAC_BYTES]
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def seal(self, purpose: str, claim: str, lifetime_seconds: int) -> str:
        """Return the claim together with its signature, as one url-safe word."""
        body = base64.urlsafe_b64encode(claim.encode()).decode().rstrip("=")
        return f"{body}.{self.sign(purpose, claim, lifetime_seconds)}"

    def unseal(self, purpose: str, word: str) -> str | None:
        """Return the claim inside `word`, or None when it was tampered with or has expired."""
        body, _, signature = word.partition(".")
        try:
            claim = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()
        except ValueError:
            return None
        return claim if self.check(purpose, claim, signature) else None
