from __future__ import annotations

import asyncio

import pytest

from holdfast.base.errors import Overloaded
from holdfast.hub.git.slots import Slots


def test_places_are_limited_and_come_back():
    async def run():
        slots = Slots(2, patience_seconds=0.05)
        async with slots.taken(), slots.taken():
            with pytest.raises(Overloaded) as refusal:
                async with slots.taken():
                    raise AssertionError
            assert refusal.value.status == 503
            assert refusal.value.retry_after_seconds > 0
        async with slots.taken():
            return True

    assert asyncio.run(run())


def test_waiting_pays():
    async def run():
        slots = Slots(1, patience_seconds=5)
        order = []

        async def use(number):
            async with slots.taken():
                order.append(number)
                await asyncio.sleep(0.01)

        await asyncio.gather(*(use(number) for number in range(5)))
        return order

    assert asyncio.run(run()) == [0, 1, 2, 3, 4]
