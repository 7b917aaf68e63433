"""Episodes as moving pictures, drawn by ourselves: no window, no game library.

Cart-pole and pricing have pictures of their own; any other environment is drawn as its rewards over time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.inference.runtime.libraries import need
from holdfast.training.environments.pricing import PRICES
from holdfast.training.environments.worlds import Step

WIDTH, HEIGHT = 320, 180
_MOST_FRAMES = 100
_BACK, _INK, _MARK, _SOFT = "#ffffff", "#1f2937", "#d97706", "#93c5fd"


def write_gif(name: str, steps: Sequence[Step], path: Path) -> None:
    """Write an episode as an endless GIF of at most a hundred frames."""
    draw = _DRAWN.get(name, _rewards)
    chosen = np.unique(np.linspace(0, len(steps) - 1, min(_MOST_FRAMES, len(steps))).astype(int))
    frames = [_frame(draw, steps, int(index)) for index in chosen]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=60, loop=0, optimize=True)


def _frame(draw: Callable[[Any, Sequence[Step], int], None], steps: Sequence[Step], index: int) -> Any:
    image = need("PIL.Image").new("RGB", (WIDTH, HEIGHT), _BACK)
    pen = need("PIL.ImageDraw").Draw(image)
    draw(pen, steps, index)
    total = sum(step.reward for step in steps[: index + 1])
    pen.text((8, 6), f"step {index + 1}   reward {total:.1f}", fill=_INK)
    return image.quantize(16)


def _cart_pole(pen: Any, steps: Sequence[Step], index: int) -> None:
    place, _speed, angle, _turning = (float(value) for value in steps[index].seen[:4])
    x, y = WIDTH / 2 + place / 2.4 * (WIDTH / 2 - 30), HEIGHT - 40
    pen.line((0, y + 10, WIDTH, y + 10), fill=_INK, width=2)
    pen.rectangle((x - 22, y - 10, x + 22, y + 10), fill=_INK)
    pen.line((x, y - 10, x + 90 * np.sin(angle), y - 10 - 90 * np.cos(angle)), fill=_MARK, width=7)


def _pricing(pen: Any, steps: Sequence[Step], index: int) -> None:
    """Stock as bars, prices as a line above them."""
    wide = (WIDTH - 20) / max(1, len(steps))
    stock = max(step.facts["left"] + step.facts["sold"] for step in steps)
    points = []
    for day, step in enumerate(steps[: index + 1]):
        left = 10 + day * wide
        tall = step.facts["left"] / stock * (HEIGHT - 60)
        pen.rectangle((left, HEIGHT - 10 - tall, left + wide - 2, HEIGHT - 10), fill=_SOFT)
        points.append((left + wide / 2, HEIGHT - 10 - (step.facts["price"] / PRICES[-1]) * (HEIGHT - 60)))
    if len(points) > 1:
        pen.line(points, fill=_MARK, width=3)
    pen.text((8, 20), f"price {steps[index].facts['price']:.2f}   stock {steps[index].facts['left']}", fill=_INK)


def _rewards(pen: Any, steps: Sequence[Step], index: int) -> None:
    sums = np.cumsum([step.reward for step in steps])
    low, span = float(min(0.0, sums.min())), float(np.ptp([0.0, *sums]) or 1.0)
    points = [
        (10 + place / max(1, len(steps) - 1) * (WIDTH - 20), HEIGHT - 10 - (sums[place] - low) / span * (HEIGHT - 50))
        for place in range(index + 1)
    ]
    if len(points) > 1:
        pen.line(points, fill=_MARK, width=3)


_DRAWN: Mapping[str, Callable[[Any, Sequence[Step], int], None]] = {
    "CartPole-v1": _cart_pole,
    "dynamic-pricing": _pricing,
}
