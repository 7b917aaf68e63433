"""Exhibits of a classifier: what is taken for what, each label by itself, curves, and if its confidence is true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.training.domain.exhibits import Drawing, Exhibit
from holdfast.training.domain.judgements import Judgement
from holdfast.training.reporting.wording import number_of

Array = np.ndarray[Any, Any]

MOST_LABELS = 30
_MOST_DRAWN = 8
_MOST_POINTS = 40
_BINS = 10


def exhibits(judgement: Judgement) -> Iterator[Exhibit]:
    """Those that these answers have something to show for."""
    if not judgement.labels or not judgement.truth or not isinstance(judgement.truth[0], str):
        return
    if (counted := confusion(judgement)) is not None:
        yield _confusion(counted)
    yield _by_label(judgement)
    if judgement.probabilities is not None:
        yield from _curves(judgement)
        yield _calibration(judgement)


def confusion(judgement: Judgement) -> dict[str, Any] | None:
    """How often each label was taken for each: rows are the truth; None where there are no labels, or very many."""
    labels = list(judgement.labels) or sorted({str(one) for one in (*judgement.truth, *judgement.answers)})
    if not judgement.truth or len(labels) > MOST_LABELS or not all(isinstance(one, str) for one in judgement.truth):
        return None
    counts = Counter(zip(judgement.truth, map(str, judgement.answers), strict=True))
    return {"labels": labels, "counts": [[counts[truth, said] for said in labels] for truth in labels]}


def _confusion(counted: dict[str, Any]) -> Exhibit:
    labels, counts = counted["labels"], np.asarray(counted["counts"])
    wrong = counts - np.diag(np.diag(counts))
    sentence = f"{int(np.trace(counts))} of {int(counts.sum())} rows are right."
    if wrong.max() > 0:
        row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
        sentence += f" The most frequent mistake: {labels[row]} is taken for {labels[column]}, {wrong.max()} times."
    rows = tuple((label, *map(int, line)) for label, line in zip(labels, counts, strict=True))
    return Exhibit("confusion", "What is taken for what", sentence, ("it is", *labels), rows, Drawing.MATRIX)


def by_label(judgement: Judgement) -> list[tuple[str, float | None, float | None, float | None, int, int]]:
    """(label, precision, recall, F1, rows, times said) of each label; None where there is nothing to divide by.

    Empty where nothing says what would have been right: groups and anomalies have answers and no truth.
    """
    if not judgement.truth or not isinstance(judgement.truth[0], str):
        return []
    truth, said = Counter(map(str, judgement.truth)), Counter(map(str, judgement.answers))
    right = Counter(str(one) for one, other in zip(judgement.truth, judgement.answers, strict=True) if one == other)
    return [
        (
            label,
            right[label] / said[label] if said[label] else None,
            right[label] / truth[label] if truth[label] else None,
            2 * right[label] / (truth[label] + said[label]) if truth[label] + said[label] else None,
            truth[label],
            said[label],
        )
        for label in judgement.labels
    ]


def _by_label(judgement: Judgement) -> Exhibit:
    lines = sorted(by_label(judgement), key=lambda line: -line[4])
    known = [line for line in lines if line[3] is not None]
    mean = (
        "mean of all labels",
        *(_mean([line[at] for line in lines]) for at in (1, 2, 3)),
        sum(line[4] for line in lines),
        sum(line[5] for line in lines),
    )
    worst = min(known, key=lambda line: line[3] or 0.0)
    middle = _mean([line[3] for line in lines]) or 0.0
    sentence = f"The label that it knows worst is {worst[0]}: F1 {number_of(worst[3] or 0.0)} in {worst[4]} rows; "
    sentence += f"the mean of all labels is {number_of(middle)}."
    columns = ("label", "precision", "recall", "F1", "rows", "times said")
    return Exhibit("labels", "Each label by itself", sentence, columns, (mean, *lines))


def _mean(values: list[Any]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _curves(judgement: Judgement) -> Iterator[Exhibit]:
    found = list(_ranked(judgement))
    roc = [(name, *point) for name, hits in found for point in _thinned(_roc(hits))]
    recall = [(name, *point) for name, hits in found for point in _thinned(_precision_recall(hits))]
    which = f"of {found[0][0]}" if len(found) == 1 else "of each label against the others"
    yield Exhibit(
        *("roc", "ROC curve", f"How much is found at which price of false alarms, {which}."),
        *(("label", "false alarms", "found"), tuple(roc), Drawing.LINES),
        diagonal=True,
        axes=("false alarms", "found"),
    )
    yield Exhibit(
        *("precision-recall", "Precision and recall", f"How often it is right the more of them it finds, {which}."),
        *(("label", "recall", "precision"), tuple(recall), Drawing.LINES),
        axes=("recall: share of all that is found", "precision"),
    )


def _ranked(judgement: Judgement) -> Iterator[tuple[str, Array]]:
    """(label, whether each row is one, the surest first): the second label alone where there are two."""
    labels, truth = judgement.labels, np.asarray(judgement.truth, dtype=str)
    given = np.asarray(judgement.probabilities, dtype=float)
    for place in [1] if len(labels) == 2 else range(min(len(labels), _MOST_DRAWN)):
        hits = (truth == labels[place])[np.argsort(-given[:, place], kind="stable")]
        if hits.any() and not hits.all():
            yield labels[place], hits


def _roc(hits: Array) -> Array:
    alarms, found = np.cumsum(~hits) / (~hits).sum(), np.cumsum(hits) / hits.sum()
    return np.column_stack([np.concatenate([[0.0], alarms]), np.concatenate([[0.0], found])])


def _precision_recall(hits: Array) -> Array:
    found = np.cumsum(hits)
    return np.column_stack([found / hits.sum(), found / np.arange(1, len(hits) + 1)])


def _thinned(points: Array) -> list[tuple[float, float]]:
    """As many points as a picture can show, the first and the last among them."""
    places = np.unique(np.linspace(0, len(points) - 1, _MOST_POINTS).round().astype(int))
    return [(round(float(x), 4), round(float(y), 4)) for x, y in points[places]]


def _calibration(judgement: Judgement) -> Exhibit:
    """How often it is right when it is so sure; and by how much it is too sure on average."""
    sure = np.asarray(judgement.probabilities, dtype=float).max(axis=1)
    right = np.asarray([one == other for one, other in zip(judgement.truth, judgement.answers, strict=True)])
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    filled = np.unique(bins)
    rows = tuple(
        ("model", float(sure[bins == one].mean()), float(right[bins == one].mean()), int((bins == one).sum()))
        for one in filled
    )
    off = sum(abs(said - was) * count for _line, said, was, count in rows) / len(sure)
    verdict = "may be taken at its word" if off < 0.05 else "is roughly right" if off < 0.12 else "misleads"
    sentence = f"Its confidence {verdict}: on average it is {100 * off:.0f} points off (expected calibration error)."
    return Exhibit(
        *("calibration", "Whether its confidence is true", sentence),
        *(("line", "how sure it is", "how often it is right", "rows"), rows, Drawing.LINES),
        diagonal=True,
        axes=("how sure it is", "how often it is right"),
    )
