"""Argon2id, and patience with people who guess.

Knows nothing about users: names here are only words to count wrong passwords under.
Source of the costs: OWASP Password Storage Cheat Sheet, the 19 MiB variant (about 20 ms).
"""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from holdfast.base.clock import Clock
from holdfast.base.errors import TooManyAttempts

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

FREE_ATTEMPTS = 5
MAX_WAIT_SECONDS = 30
_MAX_NAMES = 10_000


def hash_password(password: str) -> str:
    """Return argon2id's text form, salt included."""
    return _HASHER.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password belongs to the hash. None takes as long and is False."""
    try:
        return _HASHER.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


@functools.cache
def _nobodys_hash() -> str:
    # Names without a password must cost as much as wrong passwords, or the time tells who exists.
    return _HASHER.hash("nobody")


class Patience:
    """Counts wrong passwords per name, in memory; waits double from one second after `FREE_ATTEMPTS`.

    A wait ends after `MAX_WAIT_SECONDS` at most, so that nobody can lock somebody else out for long.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def check(self, name: str) -> None:
        """Raise while the name has to wait.

        Raises:
            TooManyAttempts: with the seconds left.
        """
        wait_seconds = self.wait_seconds(name)
        if wait_seconds:
            raise TooManyAttempts(retry_after_seconds=wait_seconds)

    def wait_seconds(self, name: str) -> int:
        """How long the name has to wait; 0 for not at all."""
        with self._lock:
            count, last_at = self._failures.get(name, (0, 0))
        if count < FREE_ATTEMPTS:
            return 0
        wait_seconds = min(1 << min(count - FREE_ATTEMPTS, 10), MAX_WAIT_SECONDS)
        left_milliseconds = last_at + wait_seconds * 1000 - self._clock()
        return max(0, -(-left_milliseconds // 1000))

    def failed(self, name: str) -> None:
        """Count a wrong password; the names that failed longest ago are forgotten first."""
        with self._lock:
            count, _ = self._failures.pop(name, (0, 0))
            self._failures[name] = (count + 1, self._clock())
            if len(self._failures) > _MAX_NAMES:
                self._failures.popitem(last=False)

    def succeeded(self, name: str) -> None:
        """Forget the wrong passwords of a name."""
        with self._lock:
            self._failures.pop(name, None)
