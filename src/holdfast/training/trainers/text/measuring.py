"""Dry measures: how long a step takes here and now, found out in a process of its own, so that what it loads is gone.

Forking is safe as long as the process that asks has only imported model libraries and computed nothing with them.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection

MOST_SECONDS = 60.0


def measure(work: Callable[[], float], most_seconds: float = MOST_SECONDS) -> float | None:
    """What `work` says, run in a process of its own.

    Args:
        work: measures something and answers in seconds.
        most_seconds: to wait for it.

    Returns:
        Seconds; None where it failed or took too long: then nothing is known, and the trial itself will tell.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(work, sender), daemon=True)
    process.start()
    sender.close()
    try:
        return float(receiver.recv()) if receiver.poll(most_seconds) else None
    except EOFError:
        return None
    finally:
        process.kill()
        process.join()
        receiver.close()


def _send(work: Callable[[], float], sender: Connection) -> None:
    sender.send(work())
