"""The tables: those that scikit-learn brings, and those in a folder of CSV files where there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import train_test_split

TARGET = "target_"
SEALED = 0.25


@dataclass(frozen=True)
class Table:
    """A table with its task.

    Args:
        metric: `roc_auc`, `log_loss` or `rmse`.
        gate: the metric must be at least as good, on average over the splits; None where none is set.
    """

    name: str
    frame: pd.DataFrame
    metric: str
    gate: float | None = None

    @property
    def is_classification(self) -> bool:
        return self.metric != "rmse"

    @property
    def greater_is_better(self) -> bool:
        return self.metric == "roc_auc"

    def split(self, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Rows to train on and rows to judge by."""
        labels = self.frame[TARGET] if self.is_classification else None
        train, test = train_test_split(self.frame, test_size=SEALED, random_state=seed, stratify=labels)
        return train.reset_index(drop=True), test.reset_index(drop=True)


def tables(folder: Path | None) -> list[Table]:
    """All tables; `folder` holds telco_churn.csv, diamonds.csv and housing.csv (California), or some of them."""
    found = [
        Table("breast cancer", _labels(datasets.load_breast_cancer), "roc_auc", 0.990),
        Table("digits", _labels(datasets.load_digits), "log_loss", 0.065),
        Table("wine", _labels(datasets.load_wine), "log_loss"),
        Table("diabetes", _numbers(datasets.load_diabetes), "rmse", 57.0),
        Table("friedman", _friedman(), "rmse", 1.16),
    ]
    named: tuple[tuple[str, str, str, str, float | None], ...] = (
        ("telco churn", "telco_churn.csv", "Churn", "roc_auc", 0.845),
        ("diamonds", "diamonds.csv", "price", "rmse", None),
        ("california", "housing.csv", "median_house_value", "rmse", 47_500.0),
    )
    for name, file, target, metric, gate in named:
        if folder is not None and (folder / file).is_file():
            found.append(Table(name, _csv(folder / file, target), metric, gate))
    return found


def _labels(load: Callable[..., object]) -> pd.DataFrame:
    frame = _numbers(load)
    frame[TARGET] = "c" + frame[TARGET].astype(int).astype(str)
    return frame


def _numbers(load: Callable[..., object]) -> pd.DataFrame:
    bunch = load(as_frame=True)
    return bunch.data.assign(**{TARGET: bunch.target})  # type: ignore[attr-defined, no-any-return]


def _friedman() -> pd.DataFrame:
    inputs, answers = datasets.make_friedman1(n_samples=5_000, n_features=20, noise=1.0, random_state=0)
    return pd.DataFrame(inputs, columns=[f"x{n}" for n in range(20)]).assign(**{TARGET: answers})


def _csv(path: Path, target: str) -> pd.DataFrame:
    frame = pd.read_csv(path, na_values=[" "]).rename(columns={target: TARGET})
    return frame.drop(columns=[name for name in frame.columns if "customerid" in name.lower()])


def score(table: Table, truth: pd.Series, answers: np.ndarray, labels: list[str]) -> float:
    """The table's metric of (rows, labels) of probabilities, or (rows,) of numbers."""
    if table.metric == "rmse":
        return float(np.sqrt(np.mean((truth.to_numpy(float) - answers) ** 2)))
    if table.metric == "roc_auc":
        return float(roc_auc_score(truth == labels[1], answers[:, 1]))
    clipped = np.clip(answers, 1e-15, 1)
    return float(log_loss(truth, clipped / clipped.sum(axis=1, keepdims=True), labels=labels))
