"""Points in a plane, as circles of an SVG: drawn by the server, coloured by the style sheet. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 400, 300
"""The `viewBox` of every plot."""
_MARGIN = 16
MOST_POINTS = 1_000


@dataclass(frozen=True)
class Point:
    """A thing with its place in the plot, from the left and from the top."""

    label: str
    x: str
    y: str


@dataclass(frozen=True)
class PointPlot:
    """Things as points; `note` says what is not shown."""

    points: tuple[Point, ...]
    note: str = ""


def plot_of(coordinates: Sequence[Sequence[float]], labels: Sequence[str]) -> PointPlot | None:
    """The first two coordinates of each thing, stretched to the plot with one measure for both.

    Args:
        coordinates: of each thing, equally many; None is given if there are fewer than two of them.
        labels: of each thing; of those that have none, the number.
    """
    if not coordinates or any(len(place) < 2 for place in coordinates):
        return None
    shown = coordinates[:MOST_POINTS]
    lefts, tops = [place[0] for place in shown], [place[1] for place in shown]
    scale = min(_scale(lefts, WIDTH), _scale(tops, HEIGHT))
    xs, ys = _places(lefts, scale, WIDTH), _places([-top for top in tops], scale, HEIGHT)
    names = [*labels[: len(shown)], *(str(number) for number in range(len(labels) + 1, len(shown) + 1))]
    points = tuple(Point(*values) for values in zip(names, xs, ys, strict=True))
    return PointPlot(points, f"The first {MOST_POINTS} are shown." if len(shown) < len(coordinates) else "")


def _scale(values: Sequence[float], size: int) -> float:
    return (size - 2 * _MARGIN) / ((max(values) - min(values)) or 1.0)


def _places(values: Sequence[float], scale: float, size: int) -> list[str]:
    middle = (max(values) + min(values)) / 2
    return [f"{(value - middle) * scale + size / 2:.1f}" for value in values]
