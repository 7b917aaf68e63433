"""Learn mode: what a run did, step by step, with this very run's numbers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from holdfast.training.domain.runs import RunBoard
from holdfast.ui.formats import plural
from holdfast.ui.lesson_activations import Activation, activations_of
from holdfast.ui.lesson_columns import ColumnLesson, column_lessons
from holdfast.ui.lesson_curves import CurveLesson, LearningLesson, growth_lesson, learning_lesson
from holdfast.ui.lesson_scores import Confusion, MetricLesson, confusion_of, metric_lessons
from holdfast.ui.lesson_texts import FAMILIES, SPLITS
from holdfast.ui.training_runs import family_word, metric_word, number

_MOST_FAMILIES = 60
_BASELINES = ("dummy", "majority", "baseline", "dictionary", "random", "best-fixed-price", "base-model", "as-it-is")


@dataclass(frozen=True)
class FamilyLesson:
    """A family that was tried: how it works, and how far it came."""

    name: str
    text: str
    trials: int
    best: str
    is_winner: bool


@dataclass(frozen=True)
class Lesson:
    """Everything that the page of learn mode shows beside the run itself."""

    data: list[str]
    baseline: list[str]
    families: list[FamilyLesson]
    metrics: list[MetricLesson]
    winner: list[str]
    confusion: Confusion | None = None
    certainty: list[str] = field(default_factory=list)
    columns: list[ColumnLesson] = field(default_factory=list)
    activations: list[Activation] = field(default_factory=list)
    learning: LearningLesson | None = None
    growth: CurveLesson | None = None


def lesson_of(board: RunBoard, report: Mapping[str, Any] | None) -> Lesson:
    """The lesson of a run, as far as it went.

    Args:
        board: what it told.
        report: what it came to; None until there is one.
    """
    told = report or {}
    confusion = confusion_of(told.get("confusion"))
    return Lesson(
        data=_data(told),
        baseline=[*_baseline(board), *_simplest(told)],
        families=_families(board),
        metrics=metric_lessons(told, confusion),
        winner=_winner(board, told),
        confusion=confusion,
        certainty=_certainty(told),
        columns=column_lessons(told),
        activations=activations_of(board, report),
        learning=learning_lesson(board, report),
        growth=growth_lesson(report),
    )


def _data(report: Mapping[str, Any]) -> list[str]:
    rows = report.get("rows") or {}
    if not rows.get("train"):
        return []
    return [
        f"The model learned from {rows['train']:,} rows. {rows['test']:,} others were sealed before anything "
        "was tried: no "
        "trial has seen them, so their score is what you may expect of new rows.",
        SPLITS.get(str(report.get("task")), SPLITS[""]),
    ]


def _simplest(report: Mapping[str, Any]) -> list[str]:
    """What the simplest rule would have got on the sealed rows."""
    goal = (report.get("metric") or {}).get("name")
    rule, score = (report.get("baseline_scores") or {}).get(goal), report.get("score")
    if rule is None or score is None:
        return []
    span = report.get("gain") or {}
    doubt = f" (in 95 of 100 draws between {number(span['low'])} and {number(span['high'])})" if span else ""
    gain = f", a gain of {number(span['value'])}{doubt}" if span else ""
    return [
        f"On the sealed rows the simplest rule would have got a {metric_word(goal)} of {number(rule)}; the model got "
        f"{number(score)}{gain}."
    ]


def _baseline(board: RunBoard) -> list[str]:
    first = next((trial for trial in board.trials if isinstance(trial.get("score"), int | float)), None)
    if first is None or str(first["family"]) not in _BASELINES:
        return []
    best = board.best[0]
    word = metric_word(board.metric)
    said = [
        f"The first trial, {family_word(first['family'])}, came to a {word} of {number(first['score'])}. "
        + FAMILIES.get(str(first["family"]), "It is the simplest thing that could work.")
    ]
    if best is not first:
        said.append(
            f"The best of {plural(len(board.trials), 'trial')} came to {number(best['score'])}: that "
            "difference is what "
            "was learned."
        )
    return said


def _families(board: RunBoard) -> list[FamilyLesson]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for trial in board.trials:
        found.setdefault(str(trial.get("family")), []).append(trial)
    best = board.best
    order = list(dict.fromkeys(str(trial["family"]) for trial in best))
    lessons = []
    for name in [*order, *(name for name in found if name not in order)][:_MOST_FAMILIES]:
        scored = [trial for trial in best if trial["family"] == name]
        score = f"{metric_word(board.metric)} {number(scored[0]['score'])}" if scored else "no score"
        text = FAMILIES.get(name) or next((text for known, text in FAMILIES.items() if known in name), "")
        lessons.append(FamilyLesson(family_word(name), text, len(found[name]), score, bool(order) and name == order[0]))
    return lessons


def _winner(board: RunBoard, report: Mapping[str, Any]) -> list[str]:
    best = board.best
    if not best:
        return []
    word = metric_word(board.metric)
    first = best[0]
    said = [f"Trial {first['number']}, {family_word(first['family'])}, has the best {word}: {number(first['score'])}."]
    if str(first["family"]) in ("dummy", "majority"):
        said.append(_nothing_better(board))
    served = str((report.get("model") or {}).get("family") or first["family"])
    if served not in (first["family"], "ensemble"):
        said.append(
            f"The model is {family_word(served)}, all the same: {family_word(first['family'])} is a rule that can't be "
            "served, or could not be made again."
        )
    other = next((trial for trial in best if trial["family"] != first["family"]), None)
    if other is not None:
        gap, doubt = abs(first["score"] - other["score"]), first.get("standard_error") or 0.0
        close = " That is less than the doubt of a single score, so another draw of rows could have turned it round."
        came = (
            f"came to {number(other['score'])}, {number(gap)} away." if gap else "came to the same; this one was first."
        )
        said.append(
            f"The best of another family, {family_word(other['family'])}, {came}"
            + (close if gap and doubt and gap < doubt else "")
        )
    members = (report.get("explanation") or {}).get("members") or []
    if len(members) > 1:
        parts = ", ".join(f"{family_word(one['family'])} ({one['weight']:.0%})" for one in members)
        said.append(f"The final model is a mix: {parts}. {FAMILIES['ensemble']}")
    return said


def _nothing_better(board: RunBoard) -> str:
    if len(board.best) == 1:
        return "No other trial came to an end: give the run more time."
    return "No model beat the baseline: as far as these trials can see, the columns do not tell the target."


def _certainty(report: Mapping[str, Any]) -> list[str]:
    goal = (report.get("metric") or {}).get("name")
    interval = (report.get("intervals") or {}).get(goal)
    if not interval:
        return []
    rows = (report.get("rows") or {}).get("judged")
    return [
        f"The {metric_word(goal)} was measured on {rows:,} sealed rows. Drawing these rows again and again "
        "(the bootstrap) "
        f"gives values between {number(interval[0])} and {number(interval[1])} in 95 of 100 draws. A narrower interval "
        "needs more rows, not a better model."
    ]
