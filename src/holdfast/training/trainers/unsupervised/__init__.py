"""Tables without answers: groups of rows that are alike, rows that are unlike all others, maps of many columns.

`features` makes numbers of columns and writes what is served, `clustering`, `anomalies` and `maps` hold a trainer each,
`profiles` and `unusual` say in words what was found. Importing this package imports none of the libraries.
"""

from __future__ import annotations

from typing import Any

from holdfast.inference.domain.predictors import Predictor
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Metric
from holdfast.training.trainers.interface import TaskPlan

_INPUTS = {"inputs?": "columns to go by; all that say something where they are not named"}


def _metric_of_anomalies(data: TrainingData) -> str:
    return "average_precision" if "target" in data.columns else "agreement"


TASKS = {
    "clustering": TaskPlan(
        task="clustering",
        summary="Finds groups of rows that are alike, such as segments of customers.",
        roles=_INPUTS,
        metrics=(
            Metric("silhouette", greater_is_better=True),
            Metric("stability", greater_is_better=True),
            Metric("davies_bouldin", greater_is_better=False),
        ),
    ),
    "anomaly-detection": TaskPlan(
        task="anomaly-detection",
        summary="Finds rows that are unlike the others, such as odd transactions.",
        roles={"target?": "whether a row is an anomaly, to see how well they are found; never learned from", **_INPUTS},
        metrics=(
            Metric("agreement", greater_is_better=True),
            Metric("average_precision", greater_is_better=True),
            Metric("roc_auc", greater_is_better=True),
        ),
        default=_metric_of_anomalies,
    ),
    "dimensionality-reduction": TaskPlan(
        task="dimensionality-reduction",
        summary="Draws many columns as a map on which rows that are alike lie together.",
        roles={"target?": "a column to colour the map by; never learned from", **_INPUTS},
        metrics=(Metric("trustworthiness", greater_is_better=True),),
    ),
}


def prepare(data: TrainingData, spec: TrainingSpec) -> Any:
    """Its trainer for this data.

    Raises:
        NotInstalled: the `training` extra is missing.
        InvalidInput: `candidates` names what there is not.
    """
    if spec.task == "clustering":
        from holdfast.training.trainers.unsupervised.clustering import ClusteringTrainer  # noqa: PLC0415 - heavy

        return ClusteringTrainer(data, spec)
    if spec.task == "anomaly-detection":
        from holdfast.training.trainers.unsupervised.anomalies import AnomalyTrainer  # noqa: PLC0415 - heavy

        return AnomalyTrainer(data, spec)
    from holdfast.training.trainers.unsupervised.maps import MapTrainer  # noqa: PLC0415 - heavy

    return MapTrainer(data, spec)


def judge(data: TrainingData, predictor: Predictor, spec: TrainingSpec) -> Judgement:
    """What the served model makes of the sealed rows."""
    from holdfast.training.trainers.unsupervised import judging  # noqa: PLC0415 - heavy

    return judging.judge(data, predictor, spec)
