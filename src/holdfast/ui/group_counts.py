"""How many groups there are: what each number of groups came to, by two measures that often disagree. Pure.

Source: on four tables with known groups, the silhouette of k-means and the BIC of Gaussian mixtures were each right
where the other was wrong; so both are shown, and people choose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.training.domain.runs import RunBoard
from holdfast.ui.training_runs import number

WIDTH, HEIGHT = 420, 200
"""The `viewBox` of a chart."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 16, 30
_COUNTS = {"k-means": "n_clusters", "gaussian-mixture": "n_components"}


@dataclass(frozen=True)
class Spot:
    """A number of groups on a curve, with its place, its value in words, and the trial that tried it."""

    groups: int
    x: str
    y: str
    value: str
    trial: int
    is_proposed: bool


@dataclass(frozen=True)
class CountCurve:
    """A measure by number of groups.

    Args:
        family: that made the groups.
        title: what is measured.
        better: which way is better, in words.
        line: `d` of the curve.
        spots: its points.
        low: the lowest value, in words.
        high: the highest value, in words.
        proposed: number of groups that it speaks for.
    """

    family: str
    title: str
    better: str
    line: str
    spots: tuple[Spot, ...]
    low: str
    high: str
    proposed: int

    @property
    def words(self) -> str:
        """The curve as a sentence."""
        told = ", ".join(f"{spot.groups} groups {spot.value}" for spot in self.spots)
        return f"{self.title}: {told}. {self.better}, so it speaks for {self.proposed} groups."


@dataclass(frozen=True)
class CountChoice:
    """A number of groups as a line of the table: values in words by curve ("" where there is none), and its trials."""

    groups: int
    values: tuple[str, ...]
    trials: tuple[tuple[str, int], ...]
    is_taken: bool


@dataclass(frozen=True)
class GroupCounts:
    """Both curves, the table behind them, and what was taken."""

    curves: tuple[CountCurve, ...]
    choices: tuple[CountChoice, ...]
    words: str


def group_counts(board: RunBoard, report: Mapping[str, Any] | None) -> GroupCounts | None:
    """What a board of clustering says about the number of groups; None for other boards, and before two were tried."""
    curves = tuple(
        curve
        for curve in (
            _curve(board, "k-means", "silhouette", "How far k-means' groups are apart (silhouette)", greater=True),
            _curve(board, "gaussian-mixture", "bic", "How well a mixture explains the rows (BIC)", greater=False),
        )
        if curve
    )
    if not curves:
        return None
    taken = _taken(report)
    counts = sorted({spot.groups for curve in curves for spot in curve.spots})
    choices = tuple(_choice(groups, curves, taken) for groups in counts)
    return GroupCounts(curves, choices, _words(curves, taken))


def _tried(board: RunBoard, family: str, metric: str) -> list[tuple[int, float, int]]:
    """(groups, value, trial), by groups."""
    found = []
    for trial in board.trials:
        value = (trial.get("metrics") or {}).get(metric)
        count = (trial.get("parameters") or {}).get(_COUNTS[family])
        if trial.get("family") == family and isinstance(value, int | float) and isinstance(count, int):
            found.append((count, float(value), int(trial["number"])))
    return sorted(found)


def _curve(board: RunBoard, family: str, metric: str, title: str, *, greater: bool) -> CountCurve | None:
    tried = _tried(board, family, metric)
    if len(tried) < 2:
        return None
    values = [value for _count, value, _trial in tried]
    best = max(values) if greater else min(values)
    proposed = next(count for count, value, _trial in tried if value == best)
    low, high = min(values), max(values)
    first, last = tried[0][0], tried[-1][0]
    spots = tuple(
        Spot(
            count,
            f"{_across(count, first, last):.1f}",
            f"{_down(value, low, high):.1f}",
            number(value),
            trial,
            count == proposed,
        )
        for count, value, trial in tried
    )
    line = "M" + "L".join(f"{spot.x} {spot.y}" for spot in spots)
    better = "Higher is better" if greater else "Lower is better"
    return CountCurve(family, title, better, line, spots, number(low), number(high), proposed)


def _across(count: int, first: int, last: int) -> float:
    return _LEFT + (count - first) / ((last - first) or 1) * (WIDTH - _LEFT - _RIGHT)


def _down(value: float, low: float, high: float) -> float:
    return HEIGHT - _BOTTOM - (value - low) / ((high - low) or 1.0) * (HEIGHT - _TOP - _BOTTOM)


def _taken(report: Mapping[str, Any] | None) -> tuple[str, int | None] | None:
    """Family and number of groups of the served model."""
    if not report:
        return None
    model = report.get("model") or {}
    family = str(model.get("family"))
    groups = len((report.get("explanation") or {}).get("segments") or ())
    return family, (model.get("parameters") or {}).get(_COUNTS.get(family, ""), groups)


def _choice(groups: int, curves: Sequence[CountCurve], taken: tuple[str, int | None] | None) -> CountChoice:
    spots = [next((spot for spot in curve.spots if spot.groups == groups), None) for curve in curves]
    values = tuple(spot.value if spot else "" for spot in spots)
    trials = tuple((curve.family, spot.trial) for curve, spot in zip(curves, spots, strict=True) if spot)
    return CountChoice(groups, values, trials, taken is not None and taken[1] == groups)


def _words(curves: Sequence[CountCurve], taken: tuple[str, int | None] | None) -> str:
    proposals = {curve.proposed for curve in curves}
    if len(curves) > 1 and len(proposals) == 1:
        said = f"Both measures speak for {curves[0].proposed} groups."
    elif len(curves) > 1:
        first, second = (curve.proposed for curve in curves)
        said = f"The measures disagree: the silhouette speaks for {first} groups, the BIC for {second}."
    else:
        said = f"One measure so far speaks for {curves[0].proposed} groups."
    return said if taken is None or taken[1] is None else f"{said} The model has {taken[1]}."
