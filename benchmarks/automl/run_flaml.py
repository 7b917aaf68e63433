"""FLAML on one split: python run_flaml.py FOLDER METRIC SECONDS SEED; reads train.csv, writes answers.npy."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from flaml import AutoML

folder, metric, seconds, seed = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
train, test = pd.read_csv(folder / "train.csv"), pd.read_csv(folder / "test.csv")
automl = AutoML()
automl.fit(
    train.drop(columns="target_"),
    train["target_"],
    task="regression" if metric == "rmse" else "classification",
    metric=metric,
    time_budget=seconds,
    seed=seed,
    n_jobs=1,
    verbose=0,
)
inputs = test.drop(columns="target_")
answers = automl.predict(inputs) if metric == "rmse" else automl.predict_proba(inputs)
np.save(folder / "answers.npy", np.asarray(answers, dtype=float))
labels = [] if metric == "rmse" else [str(label) for label in automl.classes_]
(folder / "told.json").write_text(json.dumps({"labels": labels, "family": automl.best_estimator}))
