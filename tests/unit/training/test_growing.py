"""The learning curve: measured where there is time, left out with a reason where there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from holdfast.training.domain.data import ColumnKind
from holdfast.training.domain.trials import Board, Metric, Outcome, Plan, Status, Trial
from holdfast.training.growing import Means, learning_curve
from holdfast.training.search.isolation import Meter
from tests.factories.training_runs import specification, training_data

SPEC = specification("tabular-regression", metric="rmse")


def numbers(rows: int):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=rows), "b": random.normal(size=rows)})
    frame["y"] = 3 * frame.a - frame.b + random.normal(size=rows) / 2
    kinds = dict.fromkeys(frame.columns, ColumnKind.NUMBER)
    return training_data(frame, {"target": "y"}, inputs=("a", "b"), kinds=kinds, labels=None)


def board(seconds: float = 0.1) -> Board:
    trial = Trial(3, Plan("ridge", {"alpha": 1.0}), Status.OK, seconds, Outcome(0.5, 0.01))
    return Board(Metric("rmse", greater_is_better=False), [trial])


def means(folder: Path, seconds: float = 60.0) -> Means:
    return Means(seconds, 4_000, folder, Meter())


def test_more_rows_are_more(tmp_path: Path):
    found = learning_curve(numbers(400), SPEC, board(), means(tmp_path))
    assert (found.family, found.left_out) == ("ridge", "")
    assert [rows for rows, _score, _error in found.points] == [50, 100, 200, 400]
    assert found.points[-1] == (400, 0.5, 0.01)
    assert all(0.3 < score < 1.0 for _rows, score, _error in found.points)


@pytest.mark.parametrize(
    ("rows", "seconds", "trial_seconds", "why"),
    [(60, 60.0, 0.1, "80 rows"), (400, 1.0, 0.1, "would take about"), (400, 60.0, 900.0, "were left for it")],
)
def test_it_is_left_out_with_a_reason(tmp_path: Path, rows: int, seconds: float, trial_seconds: float, why: str):
    found = learning_curve(numbers(rows), SPEC, board(trial_seconds), means(tmp_path, seconds))
    assert not found.points
    assert why in found.left_out


def test_without_a_score_there_is_nothing_to_grow(tmp_path: Path):
    empty = replace(board(), trials=[])
    assert learning_curve(numbers(400), SPEC, empty, means(tmp_path)).left_out == "There is no trial with a score."
