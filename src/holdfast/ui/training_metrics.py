"""Charts of what training wrote: one for each quantity, with a line for each run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from holdfast.ui.line_charts import line_path
from holdfast.viewer.readers.event_files import Point

MAX_LINES = 8
"""Runs in one chart; further ones are counted, not drawn."""
MAX_CHARTS = 60
_FEWEST_DRAWN = 2
_SPEED = ("/epoch", "runtime", "samples_per_second", "steps_per_second", "tokens_per_second", "/num_tokens")
"""How tags end that say how fast training went, not how well."""


@dataclass(frozen=True)
class RunScalars:
    """What one run told.

    Args:
        name: folder of its event files, as it is in the repo; empty for the root.
        points: by tag.
    """

    name: str
    points: Mapping[str, Sequence[Point]]


@dataclass(frozen=True)
class RunLine:
    """A run in a chart: its line, its place among all runs (and so its colour), and its figures in words."""

    run: str
    place: int
    d: str
    last: str
    lowest: str
    highest: str
    steps: int


@dataclass(frozen=True)
class MetricChart:
    """A quantity.

    Args:
        tag: its name.
        lines: one for each run.
        low: value at the lower edge, in words.
        high: value at the upper edge, in words.
        last_step: at the right edge.
        hidden: runs that are not drawn.
    """

    tag: str
    lines: tuple[RunLine, ...]
    low: str
    high: str
    last_step: int
    hidden: int = 0


@dataclass(frozen=True)
class Told:
    """A figure that a run told once."""

    tag: str
    run: str
    value: str


@dataclass(frozen=True)
class MetricGroup:
    """Quantities with the same first word: `train`, `eval`.

    Args:
        name: the word; empty for those without one.
        charts: of what says how training went.
        speed: charts of how fast it went.
        told: figures that were told once: there is nothing to draw.
    """

    name: str
    charts: tuple[MetricChart, ...] = ()
    speed: tuple[MetricChart, ...] = ()
    told: tuple[Told, ...] = ()


def groups_of(runs: Sequence[RunScalars]) -> list[MetricGroup]:
    """All quantities, by the word before the first slash; those of training come first."""
    tags = sorted({tag for run in runs for tag in run.points}, key=_order)[:MAX_CHARTS]
    return [_of_group(name, list(own), runs) for name, own in groupby(tags, _group)]


def _of_group(name: str, tags: Sequence[str], runs: Sequence[RunScalars]) -> MetricGroup:
    once = [tag for tag in tags if all(len(run.points.get(tag, ())) < _FEWEST_DRAWN for run in runs)]
    drawn = [tag for tag in tags if tag not in once]
    return MetricGroup(
        name,
        charts=tuple(_chart(tag, runs) for tag in drawn if not _is_speed(tag)),
        speed=tuple(_chart(tag, runs) for tag in drawn if _is_speed(tag)),
        told=tuple(
            Told(tag, run.name, number(run.points[tag][-1][1]))
            for tag in once
            for run in runs[:MAX_LINES]
            if run.points.get(tag)
        ),
    )


def _is_speed(tag: str) -> bool:
    return tag.endswith(_SPEED)


def _order(tag: str) -> tuple[int, str, int, str]:
    first = ("train", "eval").index(_group(tag)) if _group(tag) in ("train", "eval") else 2
    return first, _group(tag), 0 if "loss" in tag else 1, tag


def _group(tag: str) -> str:
    return tag.partition("/")[0] if "/" in tag else ""


def _chart(tag: str, runs: Sequence[RunScalars]) -> MetricChart:
    of_tag = [(place, run) for place, run in enumerate(runs) if run.points.get(tag)]
    points = [point for _place, run in of_tag for point in run.points[tag]]
    low, high = min(value for _step, value in points), max(value for _step, value in points)
    last = max(step for step, _value in points)
    drawn = [(place, run) for place, run in of_tag if place < MAX_LINES]
    lines = tuple(_line(run.name, place, run.points[tag], (low, high), last) for place, run in drawn)
    return MetricChart(tag, lines, number(low), number(high), last, len(of_tag) - len(lines))


def _line(name: str, place: int, points: Sequence[Point], span: tuple[float, float], last: int) -> RunLine:
    values = [value for _step, value in points]
    low, room = span[0], (span[1] - span[0]) or 1.0
    spots = [(float(step), (value - low) / room) for step, value in points]
    drawn, _area = line_path(spots, 1.0, (0.0, float(last)))
    return RunLine(name, place, drawn, number(values[-1]), number(min(values)), number(max(values)), points[-1][0])


def number(value: float) -> str:
    """A figure in four digits: `0.1234`, `1.2e-5`, `12,340`."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    if abs(value) >= 10_000 or abs(value) < 1e-4:
        digits, _, power = f"{value:.3e}".partition("e")
        return f"{value:,.0f}" if 10_000 <= abs(value) < 1e9 else f"{float(digits):g}e{int(power)}"
    return f"{value:.4g}"
