"""Exhibits of a model that estimates numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from holdfast.training.domain.exhibits import Drawing, Exhibit
from holdfast.training.domain.judgements import Judgement
from holdfast.training.reporting.wording import number_of

Array = np.ndarray[Any, Any]

_MOST_POINTS = 400
_PARTS = 5


def exhibits(judgement: Judgement) -> Iterator[Exhibit]:
    """Estimates beside the truth, and how far off they are by size."""
    if not judgement.truth or not isinstance(judgement.truth[0], float):
        return
    truth, said = np.asarray(judgement.truth, dtype=float), np.asarray(judgement.answers, dtype=float)
    order = np.argsort(truth, kind="stable")
    places = order[np.unique(np.linspace(0, len(order) - 1, _MOST_POINTS).round().astype(int))]
    off = np.abs(truth - said)
    sentence = (
        f"Half of the estimates are off by less than {number_of(float(np.median(off)))}, nine of ten by less than "
    )
    sentence += f"{number_of(float(np.quantile(off, 0.9)))}."
    points = tuple((float(truth[at]), float(said[at])) for at in places)
    yield Exhibit(
        *("residuals", "Estimates of the sealed rows", sentence, ("it is", "the model says"), points, Drawing.POINTS),
        diagonal=True,
        axes=("it is", "the model says"),
    )
    yield _by_size(truth, said)


def _by_size(truth: Array, said: Array) -> Exhibit:
    borders = np.unique(np.quantile(truth, np.linspace(0, 1, _PARTS + 1)))
    parts = np.clip(np.searchsorted(borders, truth, side="right") - 1, 0, max(0, len(borders) - 2))
    rows = tuple(
        (
            f"{number_of(float(truth[parts == part].min()))} to {number_of(float(truth[parts == part].max()))}",
            float(np.abs(truth - said)[parts == part].mean()),
            float((said - truth)[parts == part].mean()),
            int((parts == part).sum()),
        )
        for part in np.unique(parts)
    )
    worst = max(rows, key=lambda row: row[1])
    sentence = f"It is furthest off where the truth is {worst[0]}: by {number_of(worst[1])} on average."
    columns = ("it is", "mean absolute error", "mean of what it says too much", "rows")
    return Exhibit("errors", "How far off, by size", sentence, columns, rows)
