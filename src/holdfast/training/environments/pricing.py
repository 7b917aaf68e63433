"""Dynamic pricing: sell a stock in a season at prices of your choice. Few buy when it is dear.

Each day the price is one of eleven between half and three times the usual one. How many want to buy is drawn
(Poisson), and is less at higher prices; what people would pay grows towards the season's end, and is more at
weekends. The reward is the day's revenue, in usual prices. Whoever sells too cheaply is out of stock when people would
pay most; who is too dear keeps what is worth nothing afterwards; and no single price is right for all days.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np

Array = np.ndarray[Any, Any]

PRICES = tuple(np.round(np.linspace(0.5, 3.0, 11), 2).tolist())
_PASSERS_BY = 6.0
"""People a day who might buy."""
_GROWTH = 1.0
_WEEK = (0.5, 0.5, 0.6, 0.8, 1.2, 2.0, 1.4)


class DynamicPricing(gymnasium.Env[Array, np.int64]):
    """A season.

    Observation: share of days left, share of stock left, yesterday's sales for each passer-by, and the day
    of the week as a point on a circle (two numbers). Action: the number of a price in `PRICES`.

    Args:
        days: of the season.
        stock: units at its begin.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - as its base declares it

    def __init__(self, days: int = 30, stock: int = 50) -> None:
        self.days, self.stock = days, stock
        self.observation_space = gymnasium.spaces.Box(-1.0, 10.0, (5,), np.float32)
        self.action_space = gymnasium.spaces.Discrete(len(PRICES))
        self._day, self._left, self._sold = 0, stock, 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        super().reset(seed=seed, options=options)
        self._day, self._left, self._sold = 0, self.stock, 0
        return self._seen(), {}

    def step(self, action: np.int64) -> tuple[Array, float, bool, bool, dict[str, Any]]:
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
        values = [left, self._left / self.stock, self._sold / _PASSERS_BY, np.sin(turn), np.cos(turn)]
        return np.array(values, np.float32)


def worth(day: int, days: int) -> float:
    """What people would pay on a day, on average, in usual prices: the best price while there is stock enough."""
    return (1 + _GROWTH * (day / days - 0.5)) * _WEEK[day % 7]


def demand(price: float, day: int, days: int) -> float:
    """Units that people want on average, at a price on a day."""
    return float(_PASSERS_BY * np.exp(-price / worth(day, days)))
