"""Exhibits as SVG, by nothing but arithmetic: the same picture for a card, for the report's file and for its page.

Everything is drawn in the text's colour and in a few that stand out on white and on black; there is no style sheet and
no script, so a page with a strict content security policy shows it too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from holdfast.training.domain.exhibits import Drawing, Exhibit

_WIDTH, _HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 16, 28, 48
_COLORS = ("#2f7de1", "#d9730d", "#3f9142", "#b4469f", "#8a6d3b", "#c23b3b", "#2a9d9d", "#7a6ff0")
_TICKS = 5
_BAR, _NAMES = 30, 240
_CELL_MOST = 56
_LEGEND_COLUMNS = 3
_LONGEST_NAME = 34
_DRAWN_COUNTS = 14
"""Labels of a matrix whose counts still can be read."""
_INK = 'fill="currentColor"'


def picture(exhibit: Exhibit, *, standalone: bool = False) -> str | None:
    """The exhibit as an SVG element; None for a table that has no picture.

    Args:
        exhibit: what to draw.
        standalone: for a file of its own: with a white ground, so that it can be read wherever it is shown.
    """
    draw = _DRAWINGS.get(exhibit.drawing)
    numbers = {Drawing.LINES: slice(1, 3), Drawing.POINTS: slice(0, 2), Drawing.BARS: slice(1, 2)}.get(exhibit.drawing)
    rows = [row for row in exhibit.rows if numbers is None or all(map(_is_number, row[numbers]))]
    if draw is None or not rows:
        return None
    exhibit = replace(exhibit, rows=tuple(rows))
    width, height, parts = draw(exhibit)
    label = escape(f"{exhibit.title}. {exhibit.sentence}", quote=True)
    head = (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{label}" font-family="sans-serif" font-size="13"'
    )
    if not standalone:
        return f'{head} class="picture">{"".join(parts)}</svg>'
    ground = f'<rect width="{width}" height="{height}" fill="#fff"/>'
    space = f'xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" color="#1f2937"'
    return f"{head} {space}>{ground}{''.join(parts)}</svg>"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


class _Scale:
    """Values to places along one side."""

    def __init__(self, values: Sequence[float], first: float, last: float, *, room: float = 0.0) -> None:
        low, high = min(values), max(values)
        span = (high - low) or abs(high) or 1.0
        self.low, self.high = low - room * span, high + room * span
        if self.low == self.high:
            self.high += 1.0
        self._first, self._last = first, last

    def __call__(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self._first + share * (self._last - self._first)

    def ticks(self) -> list[float]:
        """Round values within, about five."""
        step = 10 ** math.floor(math.log10((self.high - self.low) / _TICKS))
        step *= next(times for times in (1, 2, 5, 10) if (self.high - self.low) / (step * times) <= _TICKS)
        first = math.ceil(self.low / step - 1e-9)
        return [round(at * step, 12) for at in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _lines(exhibit: Exhibit) -> tuple[int, int, list[str]]:
    series: dict[str, list[tuple[float, float]]] = {}
    for name, x, y, *_more in exhibit.rows:
        series.setdefault(str(name), []).append((float(x), float(y)))
    points = [point for line in series.values() for point in line]
    across, up = _scales(points, diagonal=exhibit.diagonal)
    parts = [*_frame(exhibit, across, up)]
    for place, (name, line) in enumerate(series.items()):
        parts.append(_series(name, line, across, up, _COLORS[place % len(_COLORS)]))
    if len(series) == 1:
        return _WIDTH, _HEIGHT, parts
    names = list(series)[: len(_COLORS)]
    return _WIDTH, _HEIGHT + 20 * math.ceil(len(names) / _LEGEND_COLUMNS), [*parts, *_legend(names)]


def _series(name: str, line: Sequence[tuple[float, float]], across: _Scale, up: _Scale, color: str) -> str:
    places = [f"{across(x):.1f} {up(y):.1f}" for x, y in line]
    dots = "".join(f'<circle cx="{at.split()[0]}" cy="{at.split()[1]}" r="3" fill="{color}"/>' for at in places)
    if name == "trial":  # of the search: trials are dots, only the best so far is a line
        return dots
    path = f'<path d="M{"L".join(places)}" fill="none" stroke="{color}" stroke-width="2" stroke-linejoin="round"/>'
    return path + (dots if len(line) <= 2 * _TICKS else "")


def _legend(names: Sequence[str]) -> Iterator[str]:
    for place, name in enumerate(names):
        x = _LEFT + (_WIDTH - _LEFT) // _LEGEND_COLUMNS * (place % _LEGEND_COLUMNS)
        y = _HEIGHT + 4 + 20 * (place // _LEGEND_COLUMNS)
        yield f'<rect x="{x}" y="{y}" width="10" height="10" fill="{_COLORS[place]}"/>'
        yield f'<text x="{x + 16}" y="{y + 10}" {_INK} font-size="12">{escape(_short(name, 24))}</text>'


def _points(exhibit: Exhibit) -> tuple[int, int, list[str]]:
    points = [(float(x), float(y)) for x, y, *_more in exhibit.rows]
    across, up = _scales(points, diagonal=exhibit.diagonal)
    dots = (
        f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3" fill="{_COLORS[0]}" fill-opacity="0.5"/>'
        for x, y in points
    )
    return _WIDTH, _HEIGHT, [*_frame(exhibit, across, up), *dots]


def _scales(points: Sequence[tuple[float, float]], *, diagonal: bool) -> tuple[_Scale, _Scale]:
    """Both sides alike where x = y means something."""
    xs, ys = [x for x, _y in points], [y for _x, y in points]
    if diagonal:
        xs = ys = [0.0, 1.0] if all(0 <= value <= 1 for value in (*xs, *ys)) else [*xs, *ys]
    room = 0.0 if diagonal else 0.05
    return _Scale(xs, _LEFT, _WIDTH - _RIGHT, room=room), _Scale(ys, _HEIGHT - _BOTTOM, _TOP, room=room)


def _frame(exhibit: Exhibit, across: _Scale, up: _Scale) -> Iterator[str]:
    bottom = _HEIGHT - _BOTTOM
    for value in up.ticks():
        y = up(value)
        yield f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="currentColor" stroke-opacity="0.15"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" {_INK}>{_number(value)}</text>'
    for value in across.ticks():
        yield f'<text x="{across(value):.1f}" y="{bottom + 18}" text-anchor="middle" {_INK}>{_number(value)}</text>'
    yield f'<path d="M{_LEFT} {bottom}H{_WIDTH - _RIGHT}" stroke="currentColor"/>'
    if exhibit.diagonal:
        ends = [f"{across(value):.1f} {up(value):.1f}" for value in (across.low, across.high)]
        yield f'<path d="M{ends[0]}L{ends[1]}" stroke="currentColor" stroke-opacity="0.6" stroke-dasharray="4 4"/>'
    below, above = exhibit.axes
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    yield f'<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle" {_INK}>{escape(below)}</text>'
    yield f'<text x="4" y="16" {_INK}>{escape(above)}</text>'


def _bars(exhibit: Exhibit) -> tuple[int, int, list[str]]:
    values = [float(row[1]) for row in exhibit.rows]
    spans = [tuple(row[2:4]) if len(row) == 4 else (None, None) for row in exhibit.rows]
    ends = [value for span in spans for value in span if value is not None]
    along = _Scale([0.0, *values, *ends], _NAMES, _WIDTH - 72)
    parts: list[str] = []
    for place, (row, value, span) in enumerate(zip(exhibit.rows, values, spans, strict=True)):
        y = 6 + place * _BAR
        parts += _bar(str(row[0]), value, span, along, y)
    return _WIDTH, 12 + _BAR * len(values), parts


def _bar(name: str, value: float, span: Sequence[Any], along: _Scale, y: int) -> Iterator[str]:
    start, end = sorted((along(0.0), along(value)))
    yield f'<text x="{_NAMES - 10}" y="{y + 17}" text-anchor="end" {_INK}>{escape(_short(name, _LONGEST_NAME))}</text>'
    yield f'<rect x="{start:.1f}" y="{y + 3}" width="{max(1.0, end - start):.1f}" height="20" fill="{_COLORS[0]}"/>'
    place = end
    if span[0] is not None and span[1] is not None:
        low, place = along(float(span[0])), max(end, along(float(span[1])))
        whisker = f"M{low:.1f} {y + 13}H{along(float(span[1])):.1f}M{low:.1f} {y + 8}v10"
        yield f'<path d="{whisker}M{along(float(span[1])):.1f} {y + 8}v10" stroke="currentColor" stroke-width="2"/>'
    yield f'<text x="{place + 8:.1f}" y="{y + 17}" {_INK}>{_number(value)}</text>'


def _matrix(exhibit: Exhibit) -> tuple[int, int, list[str]]:
    labels = [str(row[0]) for row in exhibit.rows]
    counts = [[float(count or 0) for count in row[1:]] for row in exhibit.rows]
    cell = max(14, min(_CELL_MOST, (_WIDTH - 180) // max(1, len(labels))))
    left, top = 170, 96
    parts = [f'<text x="4" y="{top - 10}" {_INK}>it is ↓  the model says →</text>']
    for row, (label, line) in enumerate(zip(labels, counts, strict=True)):
        y = top + row * cell
        middle = y + cell / 2 + 4
        parts.append(
            f'<text x="{left - 8}" y="{middle:.0f}" text-anchor="end" {_INK}>{escape(_short(label, 20))}</text>'
        )
        parts += _cells(line, left, y, cell, readable=len(labels) <= _DRAWN_COUNTS)
    for column, label in enumerate(str(name) for name in exhibit.columns[1:]):
        x = left + column * cell + cell / 2 + 4
        turned = f'transform="rotate(-40 {x:.0f} {top - 8})"'
        parts.append(f'<text x="{x:.0f}" y="{top - 8}" {turned} {_INK}>{escape(_short(label, 14))}</text>')
    return max(_WIDTH, left + cell * len(labels) + 60), top + cell * len(labels) + 8, parts


def _cells(line: Sequence[float], left: int, y: int, cell: int, *, readable: bool) -> Iterator[str]:
    whole = sum(line) or 1.0
    for column, count in enumerate(line):
        x, share = left + column * cell, count / whole
        place = f'x="{x}" y="{y}" width="{cell - 2}" height="{cell - 2}"'
        yield f'<rect {place} fill="{_COLORS[0]}" fill-opacity="{0.06 + 0.5 * share:.2f}"/>'
        if readable:
            at = f'x="{x + cell / 2 - 1:.0f}" y="{y + cell / 2 + 4:.0f}"'
            yield f'<text {at} text-anchor="middle" {_INK}>{count:.0f}</text>'


def _short(name: str, most: int) -> str:
    name = name.replace("`", "")
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _number(value: float) -> str:
    if value == 0:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"


_DRAWINGS: Mapping[Drawing, Callable[[Exhibit], tuple[int, int, list[str]]]] = {
    Drawing.LINES: _lines,
    Drawing.POINTS: _points,
    Drawing.BARS: _bars,
    Drawing.MATRIX: _matrix,
}
