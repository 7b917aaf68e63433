"""Small charts of one quantity over time, as SVG paths: drawn by the server, coloured by the style sheet.

It knows no units: whoever draws says in words what the newest and the highest value are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 240, 64
"""The `viewBox` of every chart."""

MOST_POINTS = 240
"""More would lie on the same pixel."""


@dataclass(frozen=True)
class LineChart:
    """A quantity over time.

    Args:
        label: what is shown.
        newest: its last value, in words.
        highest: its highest value, in words.
        line: `d` of the line's path.
        area: `d` of what lies below the line.
    """

    label: str
    newest: str
    highest: str
    line: str
    area: str


def line_path(
    points: Sequence[tuple[float, float]], top: float, edges: tuple[float, float] | None = None
) -> tuple[str, str]:
    """Path data of a line and of the area below it.

    Args:
        points: (moment, value), by moment; at least one.
        top: the value at the upper edge; values above it are drawn at the edge.
        edges: the moments at the left and the right edge; None means the first and the last of the points.

    Returns:
        The line's `d` and the area's.
    """
    points = thinned(points)
    first, last = edges or (points[0][0], points[-1][0])
    span = (last - first) or 1.0
    spots = [
        ((moment - first) / span * WIDTH, HEIGHT - min(value / (top or 1.0), 1.0) * (HEIGHT - 2))
        for moment, value in points
    ]
    if len(spots) == 1:
        spots = [(0.0, spots[0][1]), (float(WIDTH), spots[0][1])]
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
    return line, f"{line}L{spots[-1][0]:.1f} {HEIGHT}L{spots[0][0]:.1f} {HEIGHT}Z"


def thinned(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """At most `MOST_POINTS` of the points; of each group its highest, so that no peak is lost."""
    if len(points) <= MOST_POINTS:
        return points
    size = -(-len(points) // MOST_POINTS)
    return [max(points[start : start + size], key=lambda point: point[1]) for start in range(0, len(points), size)]
