"""Figures of a report, as SVG: what a model gets wrong, and how sure it is."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from holdfast.inference.runtime.libraries import need
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.reports import Report
from holdfast.training.domain.trials import Trial

_MOST_LABELS = 20
_MOST_BARS = 20
_BINS = 10
_INK, _SOFT, _MARK = "#4b5563", "#9ca3af", "#2563eb"


def figures(report: Report) -> dict[str, bytes]:
    """SVG files by name; those that the report has something to show for."""
    judgement = report.judgement
    drawn: dict[str, bytes | None] = {"search": _draw(lambda axes: _search(axes, report), report.board.finished())}
    if judgement.probabilities is not None and judgement.labels:
        drawn["confusion"] = _draw(lambda axes: _confusion(axes, judgement), len(judgement.labels) <= _MOST_LABELS)
        drawn["roc"] = _draw(lambda axes: _roc(axes, judgement), judgement.labels)
        drawn["precision-recall"] = _draw(lambda axes: _precision_recall(axes, judgement), judgement.labels)
        drawn["calibration"] = _draw(lambda axes: _calibration(axes, judgement), judgement.labels)
    elif judgement.truth and isinstance(judgement.truth[0], float):
        drawn["residuals"] = _draw(lambda axes: _residuals(axes, judgement), judgement.truth)
    drawn["importance"] = _draw(lambda axes: _importance(axes, judgement.importance), judgement.importance)
    return {name: picture for name, picture in drawn.items() if picture is not None}


def _draw(paint: Callable[[Any], None], reason: object) -> bytes | None:
    """A figure, if there is a reason for it."""
    if not reason:
        return None
    need("matplotlib", "Figures of a report", "training").use("svg")
    figure_class = need("matplotlib.figure", "Figures of a report", "training").Figure
    figure = figure_class(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    paint(axes)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def _search(axes: Any, report: Report) -> None:
    metric = report.board.metric
    known = [trial for trial in report.board.trials if trial.outcome]
    best = _best_so_far(known, greater=metric.greater_is_better)
    axes.plot([t.number for t in known], [_score(t) for t in known], "o", color=_SOFT, markersize=4, label="trial")
    axes.step([t.number for t in known], best, where="post", color=_MARK, label="best so far")
    if report.baseline is not None:
        axes.axhline(report.baseline, color=_INK, linestyle=":", label="simplest model")
    axes.set(xlabel="trial", ylabel=metric.name, title="The search")
    axes.legend(frameon=False)


def _best_so_far(trials: Sequence[Trial], *, greater: bool) -> list[float]:
    scores = np.asarray([_score(trial) for trial in trials])
    return (np.maximum if greater else np.minimum).accumulate(scores).tolist()  # type: ignore[no-any-return]


def _score(trial: Trial) -> float:
    return trial.outcome.score if trial.outcome else float("nan")


def confusion(judgement: Judgement) -> np.ndarray[Any, Any]:
    """Rows of the sealed test by (true label, label said): (labels, labels) of int."""
    places = {label: place for place, label in enumerate(judgement.labels)}
    found = np.zeros((len(places), len(places)), dtype=int)
    for true, said in zip(judgement.truth, judgement.answers, strict=True):
        if true in places and said in places:
            found[places[true], places[said]] += 1
    return found


def _confusion(axes: Any, judgement: Judgement) -> None:
    counted = confusion(judgement)
    shares = counted / np.maximum(1, counted.sum(axis=1, keepdims=True))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counted):
        color = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(count), ha="center", va="center", color=color, fontsize=8)
    places = range(len(judgement.labels))
    names = [label[:18] for label in judgement.labels]
    axes.set_xticks(places, names, rotation=45, ha="right")
    axes.set_yticks(places, names)
    axes.set(xlabel="the model says", ylabel="it is", title="What is taken for what")


def _curves(judgement: Judgement) -> list[tuple[str, np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """(label, whether each row has it, its scores): the second label alone where there are two."""
    labels = judgement.labels
    truth = np.asarray([str(value) for value in judgement.truth])
    chosen = [1] if len(labels) == 2 else range(min(len(labels), 8))
    given = np.asarray(judgement.probabilities)
    known = np.isin(truth, labels)
    pairs = [(labels[place], truth[known] == labels[place], given[known][:, place]) for place in chosen]
    return [(name, true, score) for name, true, score in pairs if true.any() and not true.all()]


def _roc(axes: Any, judgement: Judgement) -> None:
    for name, true, score in _curves(judgement):
        order = np.argsort(-score, kind="stable")
        hits = true[order]
        axes.plot(
            _from_zero(np.cumsum(~hits) / (~hits).sum()), _from_zero(np.cumsum(hits) / hits.sum()), label=name[:24]
        )
    axes.plot([0, 1], [0, 1], ":", color=_SOFT)
    axes.set(xlabel="false alarms", ylabel="found", title="ROC curve")
    axes.legend(frameon=False, fontsize=8)


def _from_zero(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.concatenate([[0.0], values])


def _precision_recall(axes: Any, judgement: Judgement) -> None:
    for name, true, score in _curves(judgement):
        hits = true[np.argsort(-score, kind="stable")]
        found = np.cumsum(hits)
        axes.plot(found / hits.sum(), found / np.arange(1, len(hits) + 1), label=name[:24])
    axes.set(
        xlabel="recall: share of all that is found", ylabel="precision", ylim=(0, 1.02), title="Precision and recall"
    )
    axes.legend(frameon=False, fontsize=8)


def _calibration(axes: Any, judgement: Judgement) -> None:
    given = np.asarray(judgement.probabilities)
    sure = given.max(axis=1)
    right = np.asarray([true == said for true, said in zip(judgement.truth, judgement.answers, strict=True)])
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    filled = np.unique(bins)
    axes.plot([0, 1], [0, 1], ":", color=_SOFT)
    axes.plot([sure[bins == b].mean() for b in filled], [right[bins == b].mean() for b in filled], "o-", color=_MARK)
    axes.set(xlabel="how sure it is", ylabel="how often it is right", xlim=(0, 1), ylim=(0, 1.02), title="Calibration")


def _residuals(axes: Any, judgement: Judgement) -> None:
    truth, said = np.asarray(judgement.truth), np.asarray(judgement.answers)
    axes.plot(truth, said, ".", color=_MARK, alpha=0.4, markersize=4)
    low, high = min(truth.min(), said.min()), max(truth.max(), said.max())
    axes.plot([low, high], [low, high], ":", color=_INK)
    axes.set(xlabel="it is", ylabel="the model says", title="Estimates of the sealed test")


def _importance(axes: Any, importance: Mapping[str, float]) -> None:
    ranked = sorted(importance.items(), key=lambda pair: pair[1])[-_MOST_BARS:]
    axes.barh([name[:28] for name, _ in ranked], [value for _, value in ranked], color=_MARK)
    axes.set(xlabel="how much worse the score gets when the column is shuffled", title="What the model looks at")
