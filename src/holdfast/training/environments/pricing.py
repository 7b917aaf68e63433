"""Dynamic pricing: sell a stock in a season at prices of your choice. Few buy when it is dear.

Each day the price is one of eleven between half and twice the usual one. How many want to buy is drawn (Poisson): less
at higher prices, more towards the season's end, and more on some days than on others. The reward is the day's revenue,
in usual prices. Whoever sells too cheaply is out of stock when demand is best; who is too dear keeps what is worth
nothing afterwards.
"""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np

Array = np.ndarray[Any, Any]

PRICES = tuple(np.round(np.linspace(0.5, 2.0, 11), 2).tolist())
_ELASTICITY = 1.6
_USUAL_DEMAND = 2.0
_GROWTH = 0.8
_WEEK = (0.8, 0.8, 0.9, 1.0, 1.2, 1.5, 1.1)


class DynamicPricing(gymnasium.Env[Array, int]):
    """A season.

    Observation: share of days left, share of stock left, yesterday's sales for each unit of usual demand, and the day
    of the week as a point on a circle (two numbers). Action: the number of a price in `PRICES`.

    Args:
        days: of the season.
        stock: units at its begin.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}

    def __init__(self, days: int = 30, stock: int = 60) -> None:
        self.days, self.stock = days, stock
        self.observation_space = gymnasium.spaces.Box(-1.0, 10.0, (5,), np.float32)
        self.action_space = gymnasium.spaces.Discrete(len(PRICES))
        self._day, self._left, self._sold = 0, stock, 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed, options=options)
        self._day, self._left, self._sold = 0, self.stock, 0
        return self._seen(), {}

    def step(self, action: int) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        price = PRICES[int(action)]
        wanted = int(self.np_random.poisson(demand(price, self._day, self.days)))
        self._sold = min(wanted, self._left)
        self._left -= self._sold
        self._day += 1
        facts = {"price": price, "sold": self._sold, "left": self._left}
        return self._seen(), price * self._sold, self._day >= self.days or self._left == 0, False, facts

    def _seen(self) -> Array:
        turn = 2 * np.pi * (self._day % 7) / 7
        left = 1 - self._day / self.days
        values = [left, self._left / self.stock, self._sold / _USUAL_DEMAND / 5, np.sin(turn), np.cos(turn)]
        return np.array(values, np.float32)


def demand(price: float, day: int, days: int) -> float:
    """Units that people want on average, at a price on a day."""
    season = 1 + _GROWTH * (day / days - 0.5)
    return float(_USUAL_DEMAND * season * _WEEK[day % 7] * price**-_ELASTICITY)
