"""Sentence embeddings: an encoder as it is, then tuned by pairs, triplets or scores (sentence-transformers' losses)."""

from __future__ import annotations

from typing import cast

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.predictors import Predictor
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.trainers.interface import Trainer
from holdfast.training.trainers.text.bases import Base, find_encoder
from holdfast.training.trainers.text.folds import make_holdout
from holdfast.training.trainers.text.ladder import Ladder
from holdfast.training.trainers.text.libraries import import_networks
from holdfast.training.trainers.text.sentences.pairs import Pairs, cosines, read_pairs
from holdfast.training.trainers.text.sentences.tuning import AsItIs, Tuned

__all__ = ["judge", "prepare"]


def prepare(data: TrainingData, spec: TrainingSpec) -> Trainer:
    """The ladder for this data.

    Raises:
        InvalidInput: columns are missing, or there is no encoder to begin with.
    """
    base = find_encoder(spec.base_model)
    if not isinstance(base, Base):
        raise InvalidInput(field="base_model", problem=f"is missing: {base.reason}")
    import_networks(base, for_sentences=True)
    pairs = read_pairs(data, data.train)
    fold = make_holdout(data, None, spec.seed)
    metric = spec.metric or pairs.usual_metric
    if metric not in pairs.metrics:
        raise InvalidInput(field="metric", problem=f"can't be {metric} for this data; it can be {pairs.usual_metric}")
    return Ladder(
        [AsItIs(pairs, fold, base, metric), Tuned(pairs, fold, base, metric, spec.params, spec.seed)], spec.candidates
    )


def judge(data: TrainingData, predictor: Predictor, spec: TrainingSpec) -> Judgement:  # noqa: ARG001 - as all are called
    """The sealed test: how alike the model finds what is alike."""
    pairs: Pairs = read_pairs(data, data.test)
    found = cosines(cast(RowPredictor, predictor), pairs)
    return Judgement(pairs.scores(found), rows=len(pairs.texts))
