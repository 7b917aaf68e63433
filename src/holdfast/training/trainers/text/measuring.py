"""Dry measures: how long a step takes here and now, found out in a process of its own, so that what it loads is gone.

Forking is safe as long as the process that asks has only imported model libraries and computed nothing with them.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from holdfast.base.errors import HoldfastError

Result = TypeVar("Result")

_SHARE = 0.25
"""Of the time that is left: finding out what something takes must not take it."""


@dataclass(frozen=True)
class Unmeasured:
    """Nothing was found out, and why: a sentence for the board."""

    reason: str


_TOO_SLOW = Unmeasured("there is not enough time left even to measure how long it would take")
_DIED = Unmeasured("it ended without a word while it was tried out, most likely because memory ran out")


def measure(work: Callable[[], Result], left_seconds: float) -> Result | Unmeasured:
    """What `work` says, run in a process of its own.

    Args:
        work: measures something; its answer must be picklable.
        left_seconds: of the search; a quarter of it is waited at most.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(work, sender), daemon=True)
    process.start()
    sender.close()
    try:
        found: Result | Unmeasured = receiver.recv() if receiver.poll(_SHARE * left_seconds) else _TOO_SLOW
    except EOFError:
        return _DIED
    else:
        return found
    finally:
        process.kill()
        process.join()
        receiver.close()


def _send(work: Callable[[], Any], sender: Connection) -> None:
    try:
        found = work()
    except HoldfastError as error:
        found = Unmeasured(f"it failed when it was tried out: {error}")
    except Exception as error:  # noqa: BLE001 - a rung may fail in any way; the board says why, and the search goes on
        found = Unmeasured(f"it failed when it was tried out: {type(error).__name__}: {error}"[:300])
    sender.send(found)
