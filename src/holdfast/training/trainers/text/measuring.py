"""Dry measures: how long a step takes here and now, found out in a process of its own, so that what it loads is gone.

Forking is safe as long as the process that asks has only imported model libraries and computed nothing with them.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

Result = TypeVar("Result")

_SHARE = 0.25
"""Of the time that is left: finding out what something takes must not take it."""
UNKNOWN = "there is not enough time left even to measure how long it would take"


def measure(work: Callable[[], Result], left_seconds: float) -> Result | None:
    """What `work` says, run in a process of its own.

    Args:
        work: measures something; its answer must be picklable.
        left_seconds: of the search; a quarter of it is waited at most.

    Returns:
        Its answer; None where it failed or took too long.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(work, sender), daemon=True)
    process.start()
    sender.close()
    try:
        found: Result | None = receiver.recv() if receiver.poll(_SHARE * left_seconds) else None
    except EOFError:
        return None
    else:
        return found
    finally:
        process.kill()
        process.join()
        receiver.close()


def _send(work: Callable[[], Result], sender: Connection) -> None:
    sender.send(work())
