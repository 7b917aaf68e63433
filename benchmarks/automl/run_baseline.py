"""One estimator with the settings it comes with: python run_baseline.py FOLDER METRIC SECONDS SEED KIND.

KIND is `linear` (logistic regression, or ridge), `forest` or `boosting`. Reads train.csv and test.csv, writes
answers.npy. What is missing is filled in and words become columns: what a beginner's first notebook does.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

folder, metric, seed, kind = Path(sys.argv[1]), sys.argv[2], int(sys.argv[4]), sys.argv[5]
is_regression = metric == "rmse"


def estimator() -> Any:
    """The one that was asked for; a linear model may take more steps than it takes unasked, or it would only warn."""
    if kind == "linear":
        return Ridge() if is_regression else LogisticRegression(max_iter=1_000)
    if kind == "forest":
        return RandomForestRegressor(random_state=seed) if is_regression else RandomForestClassifier(random_state=seed)
    boosting = HistGradientBoostingRegressor if is_regression else HistGradientBoostingClassifier
    return boosting(random_state=seed)


def main() -> None:
    train, test = (pd.read_csv(folder / f"{part}.csv") for part in ("train", "test"))
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    words = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")), (words, make_column_selector(dtype_exclude="number"))
    )
    began = time.monotonic()
    model = make_pipeline(columns, estimator()).fit(train.drop(columns="target_"), train["target_"])
    seconds = time.monotonic() - began
    inputs = test.drop(columns="target_")
    np.save(folder / "answers.npy", model.predict(inputs) if is_regression else model.predict_proba(inputs))
    labels = [] if is_regression else model.classes_.tolist()
    (folder / "told.json").write_text(json.dumps({"labels": labels, "seconds": {"all": seconds}, "family": kind}))


main()
