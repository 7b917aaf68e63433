"""Maps of rows: rows that are alike lie together; a colour and a shape for each group. Drawn by the server. Pure.

A map comes from a report that anybody may have written: what does not fit is a ValueError, TypeError or KeyError.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.ui.formats import plural
from holdfast.ui.training_runs import number

WIDTH, HEIGHT = 720, 440
"""The `viewBox`."""
COLOURS = 8
_EDGE = 18
_RADIUS = 4.5
MOST_POINTS = 800
_MOST_COLUMNS = 12
_PICTURES = (("map", "PCA", "far apart means unlike"), ("tsne", "t-SNE", "near means alike, far says little"))


@dataclass(frozen=True)
class MapPoint:
    """A row on a map.

    Args:
        d: of its sign.
        x: its place from the left.
        y: its place from the top.
        row: its number.
        group: its group's number.
        look: 0 to 7, for its colour.
        label: its row, group and first values, in words.
    """

    d: str
    x: str
    y: str
    row: int
    group: int
    look: int
    label: str


@dataclass(frozen=True)
class Picture:
    """One way to draw the rows; `key` is a word for addresses, `reads` how to read it."""

    key: str
    name: str
    reads: str
    points: tuple[MapPoint, ...]


@dataclass(frozen=True)
class Group:
    """A line of the legend; `sign` is the `d` of its shape in a box of 16."""

    number: int
    name: str
    look: int
    rows: str
    sign: str


@dataclass(frozen=True)
class RowMap:
    """Everything that a map's page part shows.

    Args:
        pictures: of the same rows, in the same order.
        columns: whose values are told.
        table: of each row its number, group and values, in words.
        groups: the legend, empty where all rows are alike.
        words: what is to be seen, as a sentence.
    """

    pictures: tuple[Picture, ...]
    columns: tuple[str, ...]
    table: tuple[tuple[str, ...], ...]
    groups: tuple[Group, ...]
    words: str


def row_map(explanation: Mapping[str, Any]) -> RowMap | None:
    """The map of a report's `explanation`; None where it has none."""
    drawn = {key: record["points"][:MOST_POINTS] for key, *_ in _PICTURES if (record := explanation.get(key))}
    drawn = {key: points for key, points in drawn.items() if points}
    if not drawn:
        return None
    first = next(iter(drawn.values()))
    columns = tuple(map(str, (explanation.get("map") or {}).get("columns") or ()))[:_MOST_COLUMNS]
    names = _names(explanation, first)
    table = tuple(_line(point, names, len(columns)) for point in first)
    pictures = tuple(
        Picture(key, name, reads, _points(drawn[key], names, columns)) for key, name, reads in _PICTURES if key in drawn
    )
    return RowMap(pictures, columns, table, _legend(first, names), _words(explanation, first, names))


def _names(explanation: Mapping[str, Any], points: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Names of groups; of one group alone none is needed."""
    given = [str(name) for name in explanation.get("groups") or ()]
    found = sorted({int(point["group"]) for point in points})
    if len(found) < 2 and not given:
        return {}
    return {each: given[each] if 0 <= each < len(given) else f"segment {each}" for each in found}


def _line(point: Mapping[str, Any], names: Mapping[int, str], columns: int) -> tuple[str, ...]:
    group = (names[int(point["group"])],) if names else ()
    return (str(int(point["row"])), *group, *(_value(value) for value in (point.get("values") or ())[:columns]))


def _value(value: Any) -> str:
    return "–" if value is None else number(value) if isinstance(value, int | float) else str(value)


def _points(
    points: Sequence[Mapping[str, Any]], names: Mapping[int, str], columns: Sequence[str]
) -> tuple[MapPoint, ...]:
    across = _scale([float(point["x"]) for point in points], WIDTH)
    upwards = _scale([-float(point["y"]) for point in points], HEIGHT)
    return tuple(_point(point, across, upwards, names, columns) for point in points)


def _scale(values: Sequence[float], size: int) -> Callable[[float], float]:
    low, high = min(values), max(values)
    room = (size - 2 * _EDGE) / ((high - low) or 1.0)
    return lambda value: _EDGE + (value - low) * room if high > low else size / 2


def _point(
    point: Mapping[str, Any],
    across: Callable[[float], float],
    upwards: Callable[[float], float],
    names: Mapping[int, str],
    columns: Sequence[str],
) -> MapPoint:
    x, y, group = across(float(point["x"])), upwards(-float(point["y"])), int(point["group"])
    values = [f"{name} {_value(value)}" for name, value in zip(columns, point.get("values") or (), strict=False)][:3]
    label = ", ".join([f"Row {int(point['row'])}", *([names[group]] if names else []), *values])
    look = group % COLOURS if names else 0
    return MapPoint(sign(x, y, group), f"{x:.1f}", f"{y:.1f}", int(point["row"]), group, look, label)


def sign(x: float, y: float, group: int, size: float = _RADIUS) -> str:
    """The shape of a group around a place: disc, square, triangle or diamond, so that colours are not needed."""
    r = size
    shapes = (
        f"M{x - r:.1f} {y:.1f}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0Z",
        f"M{x - r * 0.9:.1f} {y - r * 0.9:.1f}h{1.8 * r:.1f}v{1.8 * r:.1f}h{-1.8 * r:.1f}Z",
        f"M{x:.1f} {y - 1.2 * r:.1f}l{1.15 * r:.1f} {2 * r:.1f}h{-2.3 * r:.1f}Z",
        f"M{x:.1f} {y - 1.3 * r:.1f}l{1.3 * r:.1f} {1.3 * r:.1f}l{-1.3 * r:.1f} {1.3 * r:.1f}"
        f"l{-1.3 * r:.1f} {-1.3 * r:.1f}Z",
    )
    return shapes[group % len(shapes)]


def _legend(points: Sequence[Mapping[str, Any]], names: Mapping[int, str]) -> tuple[Group, ...]:
    counts = Counter(int(point["group"]) for point in points)
    return tuple(
        Group(each, name, each % COLOURS, plural(counts[each], "row"), sign(8, 8, each, 6))
        for each, name in names.items()
    )


def _words(explanation: Mapping[str, Any], points: Sequence[Mapping[str, Any]], names: Mapping[int, str]) -> str:
    said = f"A map of {plural(len(points), 'row')}"
    said += f" in {plural(len(names), 'group')}" if len(names) > 1 else ""
    shares = [float(share) for share in (explanation.get("map") or {}).get("shares") or ()]
    kept = f"; its two directions hold {sum(shares):.0%} of all differences between rows" if shares else ""
    return f"{said}{kept}."
