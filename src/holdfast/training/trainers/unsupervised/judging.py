"""What served models make of the sealed rows: groups, anomalies and maps have no answers to compare with, mostly."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import davies_bouldin_score, precision_score, recall_score, silhouette_samples

from holdfast.inference.domain.predictors import Predictor
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.trainers.tabular.columns import inputs_of
from holdfast.training.trainers.unsupervised.anomalies import anomalies_of, consensus, scored
from holdfast.training.trainers.unsupervised.features import Features, features_of
from holdfast.training.trainers.unsupervised.maps import trusted

Array = np.ndarray[Any, Any]

_ROWS_AT_ONCE = 2_000
_DRAWS = 200
_MOST_ROWS = 5_000


def judge(data: TrainingData, predictor: Predictor, spec: TrainingSpec) -> Judgement:
    """See `Trainer`: by the predictor that serves the model."""
    features = features_of(data, spec.seed)
    test = data.test.iloc[:_MOST_ROWS].reset_index(drop=True)
    inputs = inputs_of(test, features.columns)
    numbers = np.asarray(features.steps.transform(inputs), dtype=float)
    answers = _asked(predictor, features, inputs)
    if spec.task == "clustering":
        return _of_groups(numbers, answers)
    if spec.task == "anomaly-detection":
        truth = anomalies_of(test[data.columns["target"]]) if "target" in data.columns else None
        return _of_anomalies(features, numbers, answers, truth, spec.seed)
    places = np.asarray([line["coordinates"] for line in answers], dtype=float)
    return Judgement({"trustworthiness": trusted(numbers, places)}, rows=len(numbers))


def _asked(predictor: Predictor, features: Features, inputs: Any) -> list[Any]:
    words = set(features.names()) - set(features.columns.numbers)
    found: list[Any] = []
    for start in range(0, len(inputs), _ROWS_AT_ONCE):
        rows = inputs.iloc[start : start + _ROWS_AT_ONCE]
        table = {
            name: [value if name in words else None if np.isnan(value) else value for value in rows[name]]
            for name in features.names()
        }
        found += predictor.predict({"table": table}, {})
    return found


def _of_groups(numbers: Array, answers: list[Any]) -> Judgement:
    found = np.asarray([line["cluster"] for line in answers])
    if len(np.unique(found)) < 2:
        return Judgement({"silhouette": 0.0}, rows=len(found), answers=found.tolist())
    each = silhouette_samples(numbers, found)
    random = np.random.default_rng(0)
    drawn = [each[random.integers(0, len(each), len(each))].mean() for _ in range(_DRAWS)]
    scores = {"silhouette": float(each.mean()), "davies_bouldin": float(davies_bouldin_score(numbers, found))}
    interval = (float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975)))
    return Judgement(scores, {"silhouette": interval}, len(found), answers=found.tolist())


def _of_anomalies(features: Features, numbers: Array, answers: list[Any], truth: Array | None, seed: int) -> Judgement:
    odd = np.asarray([line["score"] for line in answers], dtype=float)
    flagged = np.asarray([line["is_anomaly"] for line in answers], dtype=bool)
    scores = {
        "agreement": float(spearmanr(odd, consensus(features.numbers, numbers, seed)).statistic),
        "flagged": float(flagged.mean()),
    }
    if truth is not None and truth.any() and not truth.all():
        scores |= scored(truth, odd)
        scores |= {
            "precision": float(precision_score(truth, flagged, zero_division=0)),
            "recall": float(recall_score(truth, flagged, zero_division=0)),
        }
    said = ["anomaly" if one else "usual" for one in flagged]
    known = [] if truth is None else ["anomaly" if one else "usual" for one in truth]
    return Judgement(scores, rows=len(odd), truth=known, answers=said)
