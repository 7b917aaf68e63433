"""Holdfast on one split: python run_holdfast.py FOLDER METRIC SECONDS SEED; reads train.csv, writes answers.npy."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from holdfast import train

folder, metric, seconds, seed = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])


def main() -> None:
    task = "tabular-regression" if metric == "rmse" else "tabular-classification"
    report = train(
        str(folder / "train.csv"),
        "target_",
        task=task,
        budget=seconds,
        seed=seed,
        folder=folder / "run",
        metric=metric,
        test={"path": str(folder / "test.csv")},
    )
    answers = report.judgement.answers if metric == "rmse" else report.judgement.probabilities
    single = min if metric != "roc_auc" else max
    scores = [trial.outcome.score for trial in report.board.trials if trial.outcome]
    told = {
        "labels": list(report.judgement.labels),
        "seconds": report.seconds,
        "family": report.artefact.family,
        "trials": len(report.board.trials),
        "best_single_score": single(scores),
        "artefact_mb": (report.folder / "model.skops").stat().st_size / 1e6,
    }
    write(answers, told)


def write(answers: object, told: dict[str, object]) -> None:
    np.save(folder / "answers.npy", np.asarray(answers, dtype=float))
    (folder / "told.json").write_text(json.dumps(told))


main()
