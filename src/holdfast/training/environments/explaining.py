"""What an agent sees, can do and is paid for in an environment, in words: for people who are learning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from holdfast.training.environments.pricing import PRICES
from holdfast.training.environments.worlds import Step, World

_SEES: Mapping[str, Sequence[str]] = {
    "CartPole-v1": ("place of the cart", "speed of the cart", "angle of the pole", "speed of the pole's turn"),
    "MountainCar-v0": ("place of the car", "speed of the car"),
    "dynamic-pricing": (
        "share of the days left",
        "share of the stock left",
        "yesterday's sales for each passer-by",
        "day of the week (sine)",
        "day of the week (cosine)",
    ),
}
_DOES: Mapping[str, Sequence[str]] = {
    "CartPole-v1": ("push left", "push right"),
    "MountainCar-v0": ("push left", "do nothing", "push right"),
    "dynamic-pricing": tuple(f"ask {price:g}" for price in PRICES),
}
_PAID: Mapping[str, str] = {
    "CartPole-v1": "1 for each moment that the pole stays up, 500 moments at most",
    "MountainCar-v0": "-1 for each moment until the car is on the hill",
    "dynamic-pricing": "what a day's sales bring: units times price",
}
_MOST = 40


def described(world: World, moment: Step) -> dict[str, Any]:
    """The facts of an environment, with one moment of an episode as the example.

    Returns:
        `sees` and `does`, lists of words; `paid`, empty where it is not known; `moment` with what was `seen`, as many
        numbers as words, and what was `done`.
    """
    seen = np.asarray(moment.seen, float).reshape(-1)[:_MOST]
    sees = _SEES.get(world.name) or [f"number {place}" for place in range(1, len(seen) + 1)]
    does = _actions(world)
    done = does[int(moment.action)] if world.is_discrete else np.asarray(moment.action, float).round(3).tolist()
    return {
        "sees": list(sees),
        "does": does[:_MOST],
        "paid": _PAID.get(world.name, ""),
        "moment": {"seen": seen.round(4).tolist(), "done": str(done)},
    }


def _actions(world: World) -> list[str]:
    space = world.make().action_space
    if world.is_discrete:
        return list(_DOES.get(world.name) or (f"action {place}" for place in range(int(space.n))))
    low, high = np.asarray(space.low).reshape(-1), np.asarray(space.high).reshape(-1)
    return [f"a number from {bottom:g} to {top:g}" for bottom, top in zip(low, high, strict=True)]
