"""How right tags are: entities count when both their place and their name are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from holdfast.base.errors import NotInstalled
from holdfast.inference.domain.predictors import Predictor
from holdfast.inference.runtime.libraries import need
from holdfast.inference.tasks.token_classification import TokenClassification
from holdfast.training.trainers.text.judging import ask
from holdfast.training.trainers.text.tokens.sentences import OUTSIDE, Sentence, tags_of

Array = np.ndarray[Any, Any]
_ASKED: Mapping[str, Any] = {"aggregation_strategy": "first"}


def said(predictor: Predictor, sentences: Sequence[Sentence]) -> list[list[str]]:
    """Tags that a predictor gives, in windows where it can't take a whole text; those of an empty text are none."""
    known = [sentence for sentence in sentences if sentence.text]
    stride = predictor.usual_stride if isinstance(predictor, TokenClassification) else None
    asked = _ASKED if stride is None else {**_ASKED, "stride": stride}
    answers = iter(ask(predictor, [sentence.text for sentence in known], asked))
    return [tags_of(sentence, next(answers)) if sentence.text else [] for sentence in sentences]


def scores(sentences: Sequence[Sentence], tags: Sequence[Sequence[str]]) -> dict[str, float]:
    """Entity precision, recall and F1 over all sentences (seqeval's), and the share of words with the right tag."""
    try:
        metrics = need("seqeval.metrics")
    except NotInstalled as error:
        raise NotInstalled(feature="Judging entities", extra="training") from error
    truth, given = [list(sentence.tags) for sentence in sentences], [list(line) for line in tags]
    words = [pair for right, line in zip(truth, given, strict=True) for pair in zip(right, line, strict=True)]
    options: dict[str, Any] = {"zero_division": 0}
    return {
        "entity_f1": float(metrics.f1_score(truth, given, **options)),
        "entity_precision": float(metrics.precision_score(truth, given, **options)),
        "entity_recall": float(metrics.recall_score(truth, given, **options)),
        "token_accuracy": float(np.mean([right == tag for right, tag in words])) if words else 0.0,
    }


def counts(sentences: Sequence[Sentence], tags: Sequence[Sequence[str]]) -> Array:
    """For each sentence entities that are right, given and wanted, words that are right, and words (sentences, 5)."""
    entities = need("seqeval.metrics.sequence_labeling").get_entities
    found = []
    for sentence, line in zip(sentences, tags, strict=True):
        wanted, given = set(entities(list(sentence.tags))), set(entities(list(line)))
        right = sum(one == other for one, other in zip(sentence.tags, line, strict=True))
        found.append([len(wanted & given), len(given), len(wanted), right, len(line)])
    return np.array(found, dtype=float).reshape(-1, 5)


def scores_of_counts(counts_S5: Array) -> dict[str, float]:  # noqa: N803
    """F1 of entities and accuracy of words from `counts`."""
    right, given, wanted, words_right, words = counts_S5.sum(axis=0)
    return {
        "entity_f1": float(2 * right / max(1.0, given + wanted)),
        "token_accuracy": float(words_right / max(1.0, words)),
    }


def labels_of(sentences: Sequence[Sentence]) -> list[str]:
    """All tags, `O` first, and an `I-` for every `B-`."""
    names = sorted({tag[2:] for sentence in sentences for tag in sentence.tags if tag != OUTSIDE})
    return [OUTSIDE, *(f"{mark}-{name}" for name in names for mark in "BI")]
