"""The exhibits of a report: every picture that it shows, as the table that the picture is drawn from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from holdfast.training.domain.exhibits import Drawing, Exhibit
from holdfast.training.domain.reports import Report
from holdfast.training.domain.trials import Trial
from holdfast.training.reporting import of_labels, of_numbers
from holdfast.training.reporting.wording import counted, number_of

_MOST_BARS = 20


def exhibits_of(report: Report) -> list[Exhibit]:
    """What there is to show for this report, in the order in which it is read."""
    judgement = report.judgement
    found = [
        *_baseline(report),
        *_search(report),
        *of_labels.exhibits(judgement),
        *of_numbers.exhibits(judgement),
        *_importance(report),
        *_slices(report),
        *_learning_curve(report),
    ]
    return [exhibit for exhibit in found if exhibit.rows]


def _baseline(report: Report) -> list[Exhibit]:
    """The run's metric on the sealed rows: of the model, and of the simplest rule."""
    metric, judged = report.board.metric, report.judgement
    if metric.name not in judged.baseline or metric.name not in judged.scores:
        return []
    rows = tuple(
        (name, scores[metric.name], *intervals.get(metric.name, (None, None)))
        for name, scores, intervals in (
            ("simplest rule", judged.baseline, judged.baseline_intervals),
            (report.artefact.family, judged.scores, judged.intervals),
        )
    )
    sentence = f"On the same {judged.rows} sealed rows the simplest rule comes to {number_of(rows[0][1])}"
    sentence += f" and the model to {number_of(rows[1][1])}. {gain_sentence(report)}"
    columns = ("model", metric.name, "95 % from", "to")
    return [Exhibit("baseline", "Against the simplest rule", sentence.strip(), columns, rows, Drawing.BARS)]


def gain_sentence(report: Report) -> str:
    """Whether the model is better than the simplest rule, and how sure that is; empty where there is none."""
    if report.judgement.gain is None:
        return ""
    gain, low, high = report.judgement.gain
    name = report.board.metric.name
    if low > 0:
        return f"It is better by {number_of(gain)} in {name} (95 %: {number_of(low)} to {number_of(high)})."
    return (
        f"Whether it is better is not certain: by {number_of(gain)} in {name} (95 %: {number_of(low)} to "
        f"{number_of(high)})."
    )


def _search(report: Report) -> list[Exhibit]:
    metric = report.board.metric
    known = [trial for trial in report.board.trials if trial.outcome]
    if not known:
        return []
    best = _best_so_far(known, greater=metric.greater_is_better)
    rows = tuple(
        (series, trial.number, value)
        for series, values in (("best so far", best), ("trial", [_score(trial) for trial in known]))
        for trial, value in zip(known, values, strict=True)
    )
    sentence = (
        f"In {counted(len(known), 'trial')} {metric.name} went from {number_of(best[0])} to {number_of(best[-1])}."
    )
    columns = ("line", "trial", metric.name)
    return [Exhibit("search", "The search", sentence, columns, rows, Drawing.LINES, axes=("trial", metric.name))]


def _best_so_far(trials: Sequence[Trial], *, greater: bool) -> list[float]:
    scores = np.asarray([_score(trial) for trial in trials])
    return [float(value) for value in (np.maximum if greater else np.minimum).accumulate(scores)]


def _score(trial: Trial) -> float:
    return trial.outcome.score if trial.outcome else float("nan")


def _importance(report: Report) -> list[Exhibit]:
    ranked = sorted(report.judgement.importance.items(), key=lambda pair: -pair[1])[:_MOST_BARS]
    if not ranked:
        return []
    sentence = f"The model leans most on `{ranked[0][0]}`: shuffled, it costs {number_of(ranked[0][1])}"
    sentence += f" in {report.board.metric.name}."
    columns = ("column", f"worse {report.board.metric.name} when shuffled")
    return [Exhibit("importance", "What the model looks at", sentence, columns, tuple(ranked), Drawing.BARS)]


def _slices(report: Report) -> list[Exhibit]:
    judged = report.judgement
    if not judged.groups:
        return []
    is_numbers = bool(judged.truth) and isinstance(judged.truth[0], float)
    measure = "mean absolute error" if is_numbers else "share right"
    rows: tuple[tuple[object, ...], ...] = tuple((one.words, one.value, one.rows) for one in judged.slices)
    if not rows:
        none = f"Of {judged.groups} groups of rows, by what their columns hold, none is clearly worse than the others."
        return [Exhibit("slices", "Where it is weak", none, ("group",), (("none",),))]
    worst, whole = judged.slices[0], judged.slices[0].whole
    rows = (("all rows", whole, judged.rows), *rows)
    sentence = f"It does worst where {worst.words}: {measure} {number_of(worst.value)} in {worst.rows} rows"
    sentence += f", {number_of(whole)} in all. {judged.groups} groups were looked at."
    return [Exhibit("slices", "Where it is weak", sentence, ("rows where", measure, "rows"), rows, Drawing.BARS)]


def _learning_curve(report: Report) -> list[Exhibit]:
    curve, metric = report.curve, report.board.metric
    if not curve.points:
        return []
    first, last = curve.points[0], curve.points[-1]
    sentence = f"From {first[0]} to {last[0]} rows, {metric.name} of {curve.family} went from {number_of(first[1])} to "
    sentence += f"{number_of(last[1])}. {_more_rows(report)}"
    rows = tuple((curve.family, count, score, error) for count, score, error in curve.points)
    columns = ("line", "rows to learn from", metric.name, "standard error")
    axes = ("rows to learn from", metric.name)
    return [Exhibit("learning-curve", "More rows", sentence, columns, rows, Drawing.LINES, axes=axes)]


def _more_rows(report: Report) -> str:
    """What the last doubling of the rows says of more of them."""
    points, sign = report.curve.points, 1.0 if report.board.metric.greater_is_better else -1.0
    gain = sign * (points[-1][1] - points[-2][1])
    error = points[-1][2] or 0.0
    if gain > 2 * error and gain > 0:
        return "It was still getting better at the last doubling: more rows would most likely help."
    return "The last doubling of the rows changed little: more of the same rows would hardly help."
