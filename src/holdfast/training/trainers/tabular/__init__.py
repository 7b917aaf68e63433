"""Tables: a label or a number for each row, by models of scikit-learn, LightGBM and XGBoost.

`columns` makes numbers of columns, `families` knows the models, `boosters` turns boosted trees of other libraries into
scikit-learn's, `ladder` says what is tried in which order, `folds` scores a trial, `blending` mixes the best,
`artefact` writes what is served. Importing this package imports none of those libraries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.training import scores
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.trainers.interface import TaskPlan

if TYPE_CHECKING:
    from holdfast.training.trainers.tabular.trainer import TabularTrainer

_RARE = 0.05


def _metric_of_labels(data: TrainingData) -> str:
    """ROC-AUC for two labels, average precision where one of them is rare, log-loss for more."""
    shares = data.train[data.columns["target"]].value_counts(normalize=True)
    if len(shares) != 2:
        return "log_loss"
    return "average_precision" if shares.min() < _RARE else "roc_auc"


TASKS = {
    "tabular-classification": TaskPlan(
        task="tabular-classification",
        summary="Gives each row of a table a label: churn, fraud, species.",
        roles={"target": "the label", "inputs?": "columns that the model sees; all others where they are not named"},
        metrics=scores.OF_LABELS,
        default=_metric_of_labels,
    ),
    "tabular-regression": TaskPlan(
        task="tabular-regression",
        summary="Estimates a number for each row of a table: prices, demand, duration.",
        roles={"target": "the number", "inputs?": "columns that the model sees; all others where they are not named"},
        metrics=scores.OF_NUMBERS,
    ),
}


def prepare(data: TrainingData, spec: TrainingSpec) -> TabularTrainer:
    """The trainer for a table.

    Raises:
        NotInstalled: the `training` extra is missing.
        InvalidInput: `candidates` or `param_grid` name what there is not.
    """
    from holdfast.training.trainers.tabular.trainer import TabularTrainer  # noqa: PLC0415 - heavy

    return TabularTrainer(data, spec)
