"""The sealed test of text classification."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from holdfast.inference.domain.predictors import Predictor
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.trainers.text.classification.columns import column, is_list, pairs_of, targets_of
from holdfast.training.trainers.text.classification.pairs import asked
from holdfast.training.trainers.text.classification.scoring import scores
from holdfast.training.trainers.text.classification.targets import Kind, Targets
from holdfast.training.trainers.text.judging import ask, intervals


def judge(data: TrainingData, predictor: Predictor, spec: TrainingSpec) -> Judgement:
    """What the model says of the sealed test; rows with a label that no text to learn from had are left out."""
    trained = targets_of(data, spec, data.train[column(data, "target")].tolist())
    test, places = data.test, np.arange(len(data.test))
    if trained.kind is not Kind.NUMBER:
        known = set(trained.labels)
        values = test[column(data, "target")]
        keep = [set(map(str, value)) <= known if is_list(value) else str(value) in known for value in values]
        places = np.flatnonzero(np.array(keep, dtype=bool))
        test = test.iloc[places]
    truth = targets_of(data, spec, test[column(data, "target")].tolist(), trained.labels)
    parameters = {"truncation": True, "top_k": max(1, len(truth.labels))}
    pairs = pairs_of(data, test)
    texts = [str(text) for text in test[column(data, "text")]]
    answers = ask(predictor, texts if pairs is None else [asked(*pair) for pair in pairs], parameters)
    given = [{line["label"]: line["score"] for line in lines} for lines in answers]
    outputs = np.array([[row[label] for label in truth.labels] for row in given], dtype=float)
    return replace(_judgement(truth, outputs), positions=places.tolist())


def _judgement(truth: Targets, outputs: np.ndarray) -> Judgement:
    if truth.kind is Kind.NUMBER:
        numbers = outputs[:, 0]
        spread = intervals(len(truth), lambda rows: scores(truth.at(rows), numbers[rows]))
        return Judgement(scores(truth, numbers), spread, len(truth), truth.values.tolist(), numbers.tolist())
    spread = intervals(len(truth), lambda rows: scores(truth.at(rows), outputs[rows]))
    measured = scores(truth, outputs)
    if truth.kind is Kind.SEVERAL_LABELS:
        right, said = _names(truth.labels, truth.values > 0), _names(truth.labels, outputs >= 0.5)
        return Judgement(measured, spread, len(truth), right, said, outputs, truth.labels)
    right = [truth.labels[place] for place in truth.values]
    said = [truth.labels[place] for place in outputs.argmax(axis=1)]
    return Judgement(measured, spread, len(truth), right, said, outputs, truth.labels)


def _names(labels: tuple[str, ...], chosen: np.ndarray) -> list[list[str]]:
    return [[label for label, is_right in zip(labels, row, strict=True) if is_right] for row in chosen]
