"""The sealed test: the model's folder is loaded as the Inference API loads it, and asked about every row."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from holdfast.inference import tasks
from holdfast.inference.domain.predictors import Predictor
from holdfast.training import scores
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Metric
from holdfast.training.reporting.closer import look_closer
from holdfast.training.trainers import registry
from holdfast.training.trainers.interface import Artefact, TrialFailed
from holdfast.training.trainers.judging_time import JUDGING_SHARE, in_time

Array = np.ndarray[Any, Any]

_DRAWS = 200
_ROWS_AT_ONCE = 2_000
_ITEMS_AT_ONCE = 64
_ROWS_TO_EXPLAIN = 500


def judge(artefact: Artefact, folder: Path, data: TrainingData, spec: TrainingSpec, seconds: float) -> Judgement:
    """A model's scores on the sealed test, with the rows and groups of rows where it does worst.

    Args:
        artefact: the model.
        folder: where it lies.
        data: with the sealed test.
        spec: with the metric.
        seconds: that explaining may take on top of judging, roughly.

    Raises:
        TrialFailed: its task answers in a way that nothing here can judge.
    """
    if artefact.scores is not None:
        return Judgement(dict(artefact.scores), rows=len(data.test))
    return look_closer(_judge(artefact, folder, data, spec, seconds), data, registry.metric_of(spec, data))


def _judge(artefact: Artefact, folder: Path, data: TrainingData, spec: TrainingSpec, seconds: float) -> Judgement:
    predictor = tasks.load(artefact.task, folder, device="cpu")
    module = registry.module_of(spec.task)
    if hasattr(module, "judge"):
        found: Judgement = module.judge(data, predictor, spec)
        return found
    judge_task = _JUDGES.get(artefact.task)
    if judge_task is None:
        raise TrialFailed(f"nothing here judges {artefact.task}")
    if artefact.task not in _TABLES:
        return in_time(
            data, predictor, lambda some, asked: judge_task(asked, some), JUDGING_SHARE * spec.budget.seconds
        )
    return replace(
        judge_task(predictor, data),
        importance=_importance(artefact.task, predictor, data, registry.metric_of(spec, data), seconds),
    )


def _table_of_labels(predictor: Predictor, data: TrainingData) -> Judgement:
    return of_labels(data, _ask_table(predictor, data, data.test, {"return_scores": True}))


def _table_of_numbers(predictor: Predictor, data: TrainingData) -> Judgement:
    return of_numbers(data, _ask_table(predictor, data, data.test, {}))


def _importance(
    task: str, predictor: Predictor, data: TrainingData, metric: Metric, seconds: float
) -> dict[str, float]:
    """By how much the metric gets worse when a column's values are shuffled; columns that time allows.

    Source: Breiman, Random forests, 2001: permutation importance, here of the model as it is served.
    """
    until = time.monotonic() + seconds
    part = replace(data, test=data.test.iloc[:_ROWS_TO_EXPLAIN].reset_index(drop=True))
    whole = _TABLES[task](predictor, part, metric)
    random = np.random.default_rng(0)
    found: dict[str, float] = {}
    for name in data.inputs:
        if time.monotonic() > until:
            break
        shuffled = part.test.copy()
        shuffled[name] = part.test[name].to_numpy()[random.permutation(len(shuffled))]
        without = _TABLES[task](predictor, replace(part, test=shuffled), metric)
        found[name] = (whole - without) if metric.greater_is_better else (without - whole)
    return found


def _score_of_labels(predictor: Predictor, data: TrainingData, metric: Metric) -> float:
    answers = _ask_table(predictor, data, data.test, {"return_scores": True})
    truth, probabilities, _places = _labelled(data, answers)
    return scores.of_labels(truth, probabilities, data.labels or (), only=metric.name).get(metric.name, float("nan"))


def _score_of_numbers(predictor: Predictor, data: TrainingData, metric: Metric) -> float:
    answers = np.asarray(_ask_table(predictor, data, data.test, {}), dtype=float)
    truth = data.test[data.columns["target"]].to_numpy(dtype=float)
    return scores.of_numbers(truth, answers).get(metric.name, float("nan"))


def _ask_table(
    predictor: Predictor, data: TrainingData, test: pd.DataFrame, parameters: Mapping[str, Any]
) -> list[Any]:
    found: list[Any] = []
    for start in range(0, len(test), _ROWS_AT_ONCE):
        rows = test.iloc[start : start + _ROWS_AT_ONCE]
        table = {name: [cell(value) for value in rows[name]] for name in data.inputs}
        found += predictor.predict({"table": table}, parameters)
    return found


def cell(value: Any) -> Any:
    """A value of a table as JSON has it; None where it is missing."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (np.bool_, bool)):
        return str(bool(value))
    if isinstance(value, (int, float, np.integer, np.floating)):
        return None if np.isnan(value) else value.item() if isinstance(value, np.generic) else value
    return str(value)


def _media_of_labels(role: str, **more: Any) -> Callable[[Predictor, TrainingData], Judgement]:
    def judge_task(predictor: Predictor, data: TrainingData) -> Judgement:
        inputs = list(data.test[data.columns[role]])
        parameters = {"top_k": len(data.labels or ()), **more}
        answers = [answer for part in _parts(inputs) for answer in predictor.predict_batch(part, parameters)]
        return of_labels(data, answers)

    return judge_task


def _parts(inputs: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(inputs), _ITEMS_AT_ONCE):
        yield inputs[start : start + _ITEMS_AT_ONCE]


def of_labels(data: TrainingData, answers: Sequence[Sequence[Mapping[str, Any]]]) -> Judgement:
    """Judge lists of labels with scores, one list for each row of the sealed test."""
    labels = data.labels or ()
    truth, probabilities, places = _labelled(data, answers)
    measured = scores.of_labels(truth, probabilities, labels)
    intervals = _intervals(len(truth), lambda rows: scores.of_labels(truth[rows], probabilities[rows], labels))
    said = [labels[index] for index in probabilities.argmax(axis=1)]
    return Judgement(
        measured, intervals, len(truth), truth.tolist(), said, probabilities, labels, positions=places.tolist()
    )


def _labelled(data: TrainingData, answers: Sequence[Sequence[Mapping[str, Any]]]) -> tuple[Array, Array, Array]:
    """Truth (rows,), probabilities (rows, labels) and places, without rows of a label that training has never seen."""
    labels = data.labels or ()
    truth = data.test[data.columns["target"]].astype(str).to_numpy(dtype=str)
    given = [{line["label"]: line["score"] for line in row} for row in answers]
    probabilities = np.asarray([[row.get(label, 0.0) for label in labels] for row in given], dtype=float)
    known = np.isin(truth, labels)
    return truth[known], probabilities[known], np.flatnonzero(known)


def of_numbers(data: TrainingData, answers: Sequence[float]) -> Judgement:
    """Judge numbers, one for each row of the sealed test."""
    truth = data.test[data.columns["target"]].to_numpy(dtype=float)
    given = np.asarray(answers, dtype=float)
    intervals = _intervals(len(truth), lambda rows: scores.of_numbers(truth[rows], given[rows]))
    return Judgement(scores.of_numbers(truth, given), intervals, len(truth), truth.tolist(), given.tolist())


def _intervals(rows: int, measure: Callable[[Array], Mapping[str, float]]) -> dict[str, tuple[float, float]]:
    """95 % intervals, by drawing as many rows again and again."""
    random = np.random.default_rng(0)
    drawn: dict[str, list[float]] = {}
    for _ in range(_DRAWS):
        for name, value in measure(random.integers(0, rows, rows)).items():
            drawn.setdefault(name, []).append(value)
    return {
        name: (float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975))) for name, values in drawn.items()
    }


_JUDGES: dict[str, Callable[[Predictor, TrainingData], Judgement]] = {
    "tabular-classification": _table_of_labels,
    "tabular-regression": _table_of_numbers,
    "text-classification": _media_of_labels("text", truncation=True),
    "image-classification": _media_of_labels("image"),
    "audio-classification": _media_of_labels("audio"),
}

_TABLES: dict[str, Callable[[Predictor, TrainingData, Metric], float]] = {
    "tabular-classification": _score_of_labels,
    "tabular-regression": _score_of_numbers,
}
