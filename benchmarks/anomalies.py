"""The detectors of AutoTrain on tables with known anomalies: average precision, which none of them is told.

    python -m benchmarks.anomalies FOLDER [--rows 12000] [--columns 300]

FOLDER holds .npz files with X (rows, columns) and y (1: an anomaly), as ADBench has them (github.com/Minqi824/ADBench,
adbench/datasets/Classical). Each detector sees all rows, standardized, and gives each a score. Larger tables are left
out; what looks at every two rows is not asked about more than 4,000.

Gate: the first detector, which is taken where nothing is known, has the best mean.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score
from sklearn.preprocessing import StandardScaler

from holdfast.training.domain.trials import Plan
from holdfast.training.trainers.unsupervised.anomalies import DETECTORS, fitted

SLOW, MOST_FOR_SLOW = "local-outlier-factor", 4_000
FIRST = 6


def tables(folder: Path, rows: int, columns: int) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, numbers and truth of each table that is small enough."""
    for path in sorted(folder.glob("*.npz")):
        held = np.load(path, allow_pickle=False)
        if len(held["X"]) <= rows and held["X"].shape[1] <= columns:
            yield path.stem, StandardScaler().fit_transform(held["X"].astype(float)), held["y"].astype(int)


def precision(plan: Plan, numbers: np.ndarray, truth: np.ndarray) -> float:
    """Average precision of a detector; NaN where it is not asked."""
    if plan.family == SLOW and len(numbers) > MOST_FOR_SLOW:
        return float("nan")
    return float(average_precision_score(truth, -fitted(plan, numbers, 0).score_samples(numbers)))


def main() -> int:
    """Print a line for each table and the means; the status is 1 where the first detector's is not the best."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=12_000)
    parser.add_argument("--columns", type=int, default=300)
    asked = parser.parse_args()
    plans = [Plan(family, parameters) for family, parameters, _reason in DETECTORS[:FIRST]]
    plans.append(Plan("isolation-forest", {"n_estimators": 100}))
    found = []
    for name, numbers, truth in tables(asked.folder, asked.rows, asked.columns):
        found.append([precision(plan, numbers, truth) for plan in plans])
        print(f"{name:20s} {len(numbers):6d}  " + "  ".join(f"{one:.3f}" for one in found[-1]), flush=True)
    means = np.nanmean(found, axis=0)
    for plan, mean in sorted(zip(plans, means, strict=True), key=lambda pair: -pair[1]):
        print(f"{mean:.3f}  {plan.family} {dict(plan.parameters)}")
    return int(means[0] < means.max())


if __name__ == "__main__":
    sys.exit(main())
