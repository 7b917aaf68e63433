"""Limits how many git programs run at once: each takes memory and, for a while, a whole core."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from holdfast.base.errors import Overloaded

RETRY_AFTER_SECONDS = 10


class Slots:
    """Some number of places. git clients don't try again by themselves, so a request waits a while for one.

    Args:
        count: places.
        patience_seconds: how long to wait for one.
    """

    def __init__(self, count: int, patience_seconds: float = 20.0) -> None:
        self.count = count
        self._patience_seconds = patience_seconds
        self._places = asyncio.Semaphore(count)

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Hold a place.

        Raises:
            Overloaded: none got free in time.
        """
        try:
            async with asyncio.timeout(self._patience_seconds):
                await self._places.acquire()
        except TimeoutError as error:
            raise Overloaded(retry_after_seconds=RETRY_AFTER_SECONDS) from error
        try:
            yield
        finally:
            self._places.release()
