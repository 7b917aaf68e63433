"""The same spec, data and seed give the same trials, the same scores and the same predictions.

Trials are counted here, not seconds: what a clock decides depends on how busy the machine is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from holdfast import train
from holdfast.training.domain.spec_files import spec_of
from holdfast.training.domain.specification import TrainingSpec
from tests.unit.training.test_running import flowers

ENOUGH_SECONDS = 3_000
WORDS = {
    "good": ["fine", "great", "lovely", "fast", "friendly"],
    "bad": ["awful", "slow", "broken", "rude", "late"],
}


def reviews(rows: int = 120) -> pd.DataFrame:
    lines = []
    for row in range(rows):
        label = "good" if row * 7 % 11 < 6 else "bad"
        words = [WORDS[label][(row + at * 3) % 5] for at in range(3)] + [f"thing{row % 13}", "delivery"]
        lines.append((" ".join(words), "good" if row % 17 == 0 else label))
    return pd.DataFrame(lines, columns=["text", "label"])


def told(spec: TrainingSpec, folder: Path) -> tuple[list[Any], pd.DataFrame, dict[str, float]]:
    """(trials with their scores, predictions of the sealed rows, scores of the model) of one run."""
    report = train(spec, folder=folder)
    trials = [
        (
            *(trial.number, trial.plan.family, dict(trial.plan.parameters), trial.status, trial.reason),
            trial.outcome.score if trial.outcome else None,
        )
        for trial in report.board.trials
    ]
    predictions = pd.read_parquet(report.folder / "autotrain" / "predictions.parquet")
    return trials, predictions, dict(report.judgement.scores)


def check_twice(place: Path, fields: dict[str, Any], trials: int) -> None:
    budget = {"seconds": ENOUGH_SECONDS, "trials": trials}
    spec = spec_of({"data": str(place / "data.csv"), "seed": 3, "budget": budget, **fields})
    first, second = told(spec, place / "1"), told(spec, place / "2")
    assert len(first[0]) >= trials
    assert first[0] == second[0]
    pd.testing.assert_frame_equal(first[1], second[1], check_exact=True)
    assert first[2] == second[2]


def test_a_table(tmp_path: Path):
    flowers().to_csv(tmp_path / "data.csv", index=False)
    families = ["dummy", "logistic-regression", "decision-tree"]
    check_twice(tmp_path, {"task": "auto", "columns": {"target": "kind"}, "candidates": families}, trials=4)


@pytest.mark.heavy  # the libraries of texts take seconds to load, twice in each of its processes
def test_texts(tmp_path: Path):
    reviews().to_csv(tmp_path / "data.csv", index=False)
    columns = {"text": "text", "target": "label"}
    check_twice(tmp_path, {"task": "text-classification", "columns": columns}, trials=3)
