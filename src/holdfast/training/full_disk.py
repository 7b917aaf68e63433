"""A disk that is full: how errors tell of it."""

from __future__ import annotations

import errno


def is_full(error: BaseException) -> bool:
    """Whether an error says that a disk of this machine, or somebody's share of it, is full."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
