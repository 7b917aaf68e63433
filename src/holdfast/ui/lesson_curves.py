"""Learn mode: curves of this very run read aloud: how the loss fell, how fast it learned, whether it learned by heart.

Pure. Figures are those that the best trial with figures told; what was not measured is not said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.training.domain.runs import RunBoard
from holdfast.ui.formats import plural
from holdfast.ui.training_runs import family_word, metric_word, number

WIDTH, HEIGHT = 480, 200
"""The `viewBox`."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 14, 28
_NO_STEPS = frozenset({"score"})
_STILL = 0.02
_LOWER_IS_BETTER = ("loss", "perplexity", "rmse", "mae", "error", "bits_per_byte")

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class CurveLesson:
    """A quantity of one trial by step, with its axes in words, and what it says."""

    name: str
    line: str
    low: str
    high: str
    last_step: str
    across: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class LearningLesson:
    """How one trial learned.

    Args:
        trial: which, in words.
        curves: of it.
        rate: of its learning rate, in words; empty where it has none.
        gap: whether it learned by heart, in words; empty where nothing was measured that tells it.
    """

    trial: str
    curves: tuple[CurveLesson, ...]
    rate: str
    gap: tuple[str, ...]


def learning_lesson(board: RunBoard, report: Mapping[str, Any] | None) -> LearningLesson | None:
    """The lesson of the best trial that learned step by step; None where none did and nothing is to be compared."""
    trial = next((trial for trial in board.best if _curves(trial)), None)
    gap = _gap(board, report or {})
    if trial is None:
        return LearningLesson("", (), "", gap) if gap else None
    greater = board.greater_is_better
    curves = tuple(_curve(name, points, falls=_falls(name, greater=greater)) for name, points in _curves(trial).items())
    name = f"trial {trial.get('number')}, {family_word(str(trial.get('family')))}"
    return LearningLesson(name, curves, _rate(trial), (*_over_time(_curves(trial), greater=greater), *gap))


def growth_lesson(report: Mapping[str, Any] | None) -> CurveLesson | None:
    """The score by number of rows: whether more rows would help; None where it was not measured twice."""
    told = (report or {}).get("learning_curve") or {}
    points: Points = [
        (float(one["rows"]), float(one["score"])) for one in told.get("points") or () if one.get("score") is not None
    ]
    if len(points) < 2:
        return None
    metric = (report or {}).get("metric") or {}
    greater = metric.get("greater_is_better") is not False
    curve = _curve(metric_word(metric.get("name")), points, falls=not greater)
    before, first = points[-2]
    rows, last = points[-1]
    better = last - first if greater else first - last
    spread = float(list(told["points"])[-1].get("standard_error") or 0.0)
    helped = better > max(spread, _STILL * abs(first))
    advice = "More rows would most likely help further." if helped else "More rows alone would hardly help."
    words = f"From {before:,.0f} to {rows:,.0f} rows it went from {number(first)} to {number(last)}. {advice}"
    return CurveLesson(
        curve.name, curve.line, curve.low, curve.high, f"{rows:,.0f} rows", f"{points[0][0]:,.0f} rows", (words,)
    )


def _curves(trial: Mapping[str, Any]) -> dict[str, Points]:
    """By name; those of two steps and more. The score of a table's trial is by fold, not by step."""
    told = trial.get("curve") or {}
    names = [name for name in told if len(told) > 1 or name not in _NO_STEPS]
    found = {name: [(float(step), float(value)) for step, value in told[name]] for name in names}
    return {name: points for name, points in found.items() if len(points) > 1}


def _curve(name: str, points: Points, *, falls: bool) -> CurveLesson:
    values = [value for _step, value in points]
    low, high = min(values), max(values)
    first, last = points[0][0], points[-1][0]
    spots = [f"{_across(step, first, last):.1f} {_down(value, low, high):.1f}" for step, value in points]
    return CurveLesson(
        name.replace("_", " "),
        "M" + "L".join(spots),
        number(low),
        number(high),
        f"step {last:,.0f}",
        f"step {first:,.0f}",
        _read(points, falls=falls),
    )


def _across(step: float, first: float, last: float) -> float:
    return _LEFT + (step - first) / ((last - first) or 1.0) * (WIDTH - _LEFT - _RIGHT)


def _down(value: float, low: float, high: float) -> float:
    return HEIGHT - _BOTTOM - (value - low) / ((high - low) or 1.0) * (HEIGHT - _TOP - _BOTTOM)


def _falls(name: str, *, greater: bool) -> bool:
    """Whether a quantity gets better by falling; `score` is what the run goes by."""
    return not greater if name == "score" else any(part in name for part in _LOWER_IS_BETTER)


def _read(points: Points, *, falls: bool) -> tuple[str, ...]:
    """A curve read aloud, from left to right."""
    (begin, first), (end, last) = points[0], points[-1]
    way = "fell" if last < first else "rose" if last > first else "stayed"
    said = [f"It {way} from {number(first)} at step {begin:,.0f} to {number(last)} at step {end:,.0f}."]
    change = last - first
    if change:
        half = next(step for step, value in points if abs(value - first) >= abs(change) / 2)
        said.append(f"Half of that was done by step {half:,.0f}.")
    late = points[-max(2, len(points) // 4) :]
    moved = abs(late[-1][1] - late[0][1]) / (abs(change) or abs(first) or 1.0)
    if moved < _STILL:
        said.append("At the end it hardly moved any more: it had learned what it could learn this way.")
    elif (late[-1][1] < late[0][1]) == falls:
        said.append("It was still getting better when it ended: more time might have helped.")
    return tuple(said)


def _rate(trial: Mapping[str, Any]) -> str:
    rate = (trial.get("parameters") or {}).get("learning_rate")
    if not isinstance(rate, int | float):
        return ""
    return (
        f"Its learning rate is {rate:g}: how far each step moves the weights against the error. Too large, and the "
        "loss jumps or grows; too small, and it creeps. It begins small, and becomes smaller towards the end."
    )


def _over_time(curves: Mapping[str, Points], *, greater: bool) -> tuple[str, ...]:
    """Whether rows that were not learned from got worse while the loss still fell."""
    judged = next(((name, points) for name, points in curves.items() if _is_judged(name)), None)
    if judged is None or "loss" not in curves:
        return ()
    name, points = judged
    choose = min if _falls(name, greater=greater) else max
    step, best = choose(((step, value) for step, value in points), key=lambda point: point[1])
    word, last = name.replace("_", " "), points[-1][1]
    if step == points[-1][0] or abs(last - best) <= _STILL * abs(best):
        return (
            f"On rows that it did not learn from, its {word} was best at the end ({number(last)}): no overfitting.",
        )
    return (
        f"On rows that it did not learn from, its {word} was best at step {step:,.0f} ({number(best)}) and then got "
        f"worse ({number(last)}) while the loss went on falling: from there on it learned its rows by heart. That is "
        "overfitting.",
    )


def _is_judged(name: str) -> bool:
    """Whether it was measured on rows that were not learned from; others are of the batch at hand."""
    return name in ("score", "accuracy") or name.startswith("eval")


def _gap(board: RunBoard, report: Mapping[str, Any]) -> tuple[str, ...]:
    """The score of the search beside that of the sealed test."""
    best, sealed = next(iter(board.best), None), report.get("score")
    if best is None or not isinstance(sealed, int | float) or report.get("task") == "reinforcement-learning":
        return ()
    searched, error = float(best["score"]), float(best.get("standard_error") or 0.0)
    worse = (searched - sealed) if board.greater_is_better else (sealed - searched)
    word = metric_word(board.metric)
    spread = f" ± {number(error)}" if error else ""
    said = (
        f"While searching, the best trial had a {word} of {number(searched)}{spread} on rows that it was not fitted on,"
        f" and the final model has {number(sealed)} on the sealed ones."
    )
    trials = len([trial for trial in board.trials if trial.get("score") is not None])
    if worse > max(2 * error, _STILL * abs(searched)):
        return (
            f"{said} It does clearly worse there: whoever chooses the best of {plural(trials, 'trial')} also chooses "
            "luck. Trust the sealed score.",
        )
    return (f"{said} That is about what was promised, so the search did not fool itself.",)
