"""Learn mode: what a run did, step by step, with this very run's numbers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from holdfast.training.service import TrainingRun
from holdfast.ui.formats import plural
from holdfast.ui.lesson_texts import FAMILIES, METRICS
from holdfast.ui.training_runs import family_word, metric_word, number


@dataclass(frozen=True)
class ClassCounts:
    """A class of the confusion matrix, with its precision and recall worked out as fractions."""

    label: str
    hits: int
    said: int
    real: int

    @property
    def precision(self) -> float | None:
        """Of the rows that were called this, the share that is; None where none was."""
        return self.hits / self.said if self.said else None

    @property
    def recall(self) -> float | None:
        """Of the rows that are this, the share that was found; None where none is."""
        return self.hits / self.real if self.real else None


@dataclass(frozen=True)
class Confusion:
    """Truth by answer; `shades` from 0 to 4 say how many of a row's truth fell there."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    shades: tuple[tuple[int, ...], ...]
    classes: tuple[ClassCounts, ...]
    right: int
    rows: int


@dataclass(frozen=True)
class FamilyLesson:
    """A family that was tried: how it works, and how far it came."""

    name: str
    text: str
    trials: int
    best: str
    is_winner: bool


@dataclass(frozen=True)
class MetricLesson:
    """A metric with this run's number."""

    name: str
    value: str
    text: str
    is_goal: bool


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


def lesson_of(run: TrainingRun) -> Lesson:
    """The lesson of a run, as far as it went."""
    report = run.report or {}
    return Lesson(
        data=_data(report),
        baseline=_baseline(run),
        families=_families(run),
        metrics=_metrics(report),
        winner=_winner(run),
        confusion=confusion_of(report.get("confusion")),
        certainty=_certainty(report),
    )


def _data(report: Mapping[str, Any]) -> list[str]:
    rows = report.get("rows") or {}
    if not rows.get("train"):
        return []
    return [
        f"The model learned from {rows['train']:,} rows. {rows['test']:,} others were sealed before anything "
        "was tried: no "
        "trial has seen them, so their score is what you may expect of new rows.",
        "During the search the rows to learn from were split again and again (cross-validation): fitted on "
        "one part, scored "
        "on the other. That is why scores of trials and the final score differ a little.",
    ]


def _baseline(run: TrainingRun) -> list[str]:
    first = next((trial for trial in run.board.trials if isinstance(trial.get("score"), int | float)), None)
    if first is None:
        return []
    best = run.board.best[0]
    word = metric_word(run.board.metric)
    said = [
        f"The first trial, {family_word(first['family'])}, came to a {word} of {number(first['score'])}. "
        + FAMILIES.get(str(first["family"]), "It is the simplest thing that could work.")
    ]
    if best is not first:
        said.append(
            f"The best of {plural(len(run.board.trials), 'trial')} came to {number(best['score'])}: that "
            "difference is what "
            "the columns tell."
        )
    return said


def _families(run: TrainingRun) -> list[FamilyLesson]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for trial in run.board.trials:
        found.setdefault(str(trial.get("family")), []).append(trial)
    best = run.board.best
    order = list(dict.fromkeys(str(trial["family"]) for trial in best))
    lessons = []
    for name in [*order, *(name for name in found if name not in order)]:
        scored = [trial for trial in best if trial["family"] == name]
        score = f"{metric_word(run.board.metric)} {number(scored[0]['score'])}" if scored else "no score"
        text = FAMILIES.get(name) or next((text for known, text in FAMILIES.items() if known in name), "")
        lessons.append(FamilyLesson(family_word(name), text, len(found[name]), score, bool(order) and name == order[0]))
    return lessons


def _metrics(report: Mapping[str, Any]) -> list[MetricLesson]:
    goal = (report.get("metric") or {}).get("name")
    scores = report.get("scores") or {}
    lessons = [
        MetricLesson(metric_word(name), number(value), METRICS.get(name, ""), name == goal)
        for name, value in scores.items()
    ]
    return sorted(lessons, key=lambda lesson: not lesson.is_goal)


def _winner(run: TrainingRun) -> list[str]:
    best = run.board.best
    if not best:
        return []
    word = metric_word(run.board.metric)
    first = best[0]
    said = [f"Trial {first['number']}, {family_word(first['family'])}, has the best {word}: {number(first['score'])}."]
    if str(first["family"]) in ("dummy", "majority"):
        said.append("No model beat the baseline: as far as these trials can see, the columns do not tell the target.")
    other = next((trial for trial in best if trial["family"] != first["family"]), None)
    if other is not None:
        gap, doubt = abs(first["score"] - other["score"]), first.get("standard_error") or 0.0
        close = " That is less than the doubt of a single score, so another draw of rows could have turned it round."
        said.append(
            f"The best of another family, {family_word(other['family'])}, came to {number(other['score'])}, "
            f"{number(gap)} away." + (close if doubt and gap < doubt else "")
        )
    members = ((run.report or {}).get("explanation") or {}).get("members") or []
    if len(members) > 1:
        parts = ", ".join(f"{family_word(one['family'])} ({one['weight']:.0%})" for one in members)
        said.append(f"The final model is a mix: {parts}. {FAMILIES['ensemble']}")
    return said


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


def confusion_of(record: Mapping[str, Any] | None) -> Confusion | None:
    """The confusion matrix of a report, with precision and recall of each class; None where there is none."""
    if not record or len(record["labels"]) < 2:
        return None
    labels, counts = tuple(map(str, record["labels"])), [list(map(int, line)) for line in record["counts"]]
    classes = tuple(
        ClassCounts(label, counts[at][at], sum(line[at] for line in counts), sum(counts[at]))
        for at, label in enumerate(labels)
    )
    shades = tuple(tuple(-(-4 * value // max(sum(line), 1)) for value in line) for line in counts)
    right = sum(each.hits for each in classes)
    rows = sum(map(sum, counts))
    return Confusion(labels, tuple(map(tuple, counts)), shades, classes, right, rows)
