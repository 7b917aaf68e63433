"""Learn mode: curves of this very run read aloud: how the loss fell, how fast it learned, whether it learned by heart.

Pure. Figures are those that the best trial with figures told; what was not measured is not said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from holdfast.training.domain.runs import RunBoard
from holdfast.ui.formats import plural
from holdfast.ui.lesson_texts import CURVES, HOW
from holdfast.ui.training_runs import family_word, metric_word, number

WIDTH, HEIGHT = 480, 200
"""The `viewBox`."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 12, 14, 28
_NO_STEPS = frozenset({"score"})
_STILL = 0.02
_SHORT = 1_000
_NOT_SHOWN = frozenset({"num_tokens", "epoch"})
_MOST_CURVES = 8
_ENOUGH = 4
"""Points, to say more of a curve than where it began and ended."""
_HIGHER_IS_BETTER = ("accuracy", "reward", "margin", "f1", "r2")
_LOWER_IS_BETTER = ("loss", "perplexity", "rmse", "mae", "error", "bits_per_byte")

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class CurveLesson:
    """A quantity of one trial by step, with its axes in words, what it says, and what is measured (maybe empty)."""

    name: str
    line: str
    low: str
    high: str
    last_step: str
    across: str
    words: tuple[str, ...]
    means: str = ""


@dataclass(frozen=True)
class LearningLesson:
    """How one trial learned.

    Args:
        trial: which, in words.
        curves: of it.
        rate: of its learning rate, in words; empty where it has none.
        gap: whether it learned by heart, in words; empty where nothing was measured that tells it.
        how: how models of its task learn.
    """

    trial: str
    curves: tuple[CurveLesson, ...]
    rate: str
    gap: tuple[str, ...]
    how: str = ""


def learning_lesson(board: RunBoard, report: Mapping[str, Any] | None) -> LearningLesson | None:
    """The lesson of the best trial that learned step by step; None where none did and nothing is to be compared."""
    told = report or {}
    trial = next((trial for trial in (*board.best, _of_model(told)) if _curves(trial)), None)
    gap = _gap(board, told)
    if trial is None:
        return LearningLesson("", (), "", gap) if gap else None
    greater = board.greater_is_better
    found = _curves(trial)
    curves = tuple(_curve(name, points, falls=_falls(name, greater=greater)) for name, points in found.items())
    name = f"trial {trial.get('number')}, {family_word(str(trial.get('family')))}"
    how = HOW.get(str(told.get("task"))) or (HOW[""] if "loss" in found else "")
    seen = _stopped(found) if trial not in board.best else _over_time(found, greater=greater)
    return LearningLesson(name, curves, _rate(trial), (*seen, *gap), how)


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


def _of_model(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the final model told as it was fitted, in the shape of a trial; of trials that only tell scores."""
    said = report.get("explanation")
    whose = said.get("layers_of") if isinstance(said, Mapping) else None
    if not isinstance(said, Mapping) or not isinstance(whose, Mapping):
        return {}
    return {"curve": said.get("curve"), "number": whose.get("trial"), "family": whose.get("family")}


def _curves(trial: Mapping[str, Any]) -> dict[str, Points]:
    """By name, what people know first; those of two steps and more. The score of a table's trial is by fold."""
    told = trial.get("curve") or {}
    names = [name for name in told if len(told) > 1 or name not in _NO_STEPS]
    known = [name for name in CURVES if name in names]
    names = [*known, *(name for name in names if name not in known and name not in _NOT_SHOWN)][:_MOST_CURVES]
    found = {name: [(float(step), float(value)) for step, value in told[name]] for name in names}
    return {name: points for name, points in found.items() if len(points) > 1}


def _curve(name: str, points: Points, *, falls: bool | None) -> CurveLesson:
    values = [value for _step, value in points]
    low, high = min(values), max(values)
    first, last = points[0][0], points[-1][0]
    spots = [f"{_across(step, first, last):.1f} {_down(value, low, high):.1f}" for step, value in points]
    return CurveLesson(
        metric_word(name).replace("/", ": "),
        "M" + "L".join(spots),
        f"{low:,.0f}" if abs(low) >= _SHORT else f"{low:.3g}",
        f"{high:,.0f}" if abs(high) >= _SHORT else f"{high:.3g}",
        f"step {last:,.0f}",
        f"step {first:,.0f}",
        _read(points, falls=falls),
        CURVES.get(name, ""),
    )


def _across(step: float, first: float, last: float) -> float:
    return _LEFT + (step - first) / ((last - first) or 1.0) * (WIDTH - _LEFT - _RIGHT)


def _down(value: float, low: float, high: float) -> float:
    return HEIGHT - _BOTTOM - (value - low) / ((high - low) or 1.0) * (HEIGHT - _TOP - _BOTTOM)


def _falls(name: str, *, greater: bool) -> bool | None:
    """Whether a quantity gets better by falling; None where neither is better. `score` is what the run goes by."""
    if name == "score":
        return not greater
    if any(part in name for part in _LOWER_IS_BETTER):
        return True
    return False if any(part in name for part in _HIGHER_IS_BETTER) else None


def _read(points: Points, *, falls: bool | None) -> tuple[str, ...]:
    """A curve read aloud, from left to right; `falls` as `_falls` says."""
    (begin, first), (end, last) = points[0], points[-1]
    way = "fell" if last < first else "rose" if last > first else "stayed"
    said = [f"It {way} from {number(first)} at step {begin:,.0f} to {number(last)} at step {end:,.0f}."]
    change = last - first
    if change and len(points) >= _ENOUGH:
        half = next(step for step, value in points if abs(value - first) >= abs(change) / 2)
        said.append(f"Half of that was done by step {half:,.0f}.")
    if falls is None or len(points) < _ENOUGH:
        return tuple(said)
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


def _stopped(curves: Mapping[str, Points]) -> tuple[str, ...]:
    """How a network of a table ends: scikit-learn keeps the weights of the best round (`early_stopping`)."""
    judged = next((name for name in curves if _is_judged(name)), None)
    if judged is None:
        return ()
    return (
        f"A tenth of its rows was kept aside. When its {metric_word(judged)} on them got no better for some rounds, it "
        "stopped, and took back the weights of its best round: so it does not learn its rows by heart.",
    )


def _is_judged(name: str) -> bool:
    """Whether it was measured on rows that were not learned from; others are of the batch at hand."""
    return name in ("score", "accuracy", "r2") or name.startswith("eval")


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
