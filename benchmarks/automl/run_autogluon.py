"""AutoGluon on one split: python run_autogluon.py FOLDER METRIC SECONDS SEED PRESET; writes answers.npy."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from autogluon.tabular import TabularPredictor

folder, metric, seconds, preset = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.argv[5]
names = {"rmse": "root_mean_squared_error", "roc_auc": "roc_auc", "log_loss": "log_loss"}
train, test = pd.read_csv(folder / "train.csv"), pd.read_csv(folder / "test.csv")
predictor = TabularPredictor(label="target_", eval_metric=names[metric], path=str(folder / "models"), verbosity=0)
predictor.fit(train, time_limit=seconds, presets=preset, num_cpus=1, num_gpus=0)
if metric == "rmse":
    answers, labels = predictor.predict(test).to_numpy(), []
else:
    found = predictor.predict_proba(test)
    answers, labels = found.to_numpy(), [str(label) for label in found.columns]
np.save(folder / "answers.npy", np.asarray(answers, dtype=float))
(folder / "told.json").write_text(json.dumps({"labels": labels, "family": predictor.model_best}))
