"""Texts with entities: a dictionary, a model of words and their neighbours, a fine-tuned encoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.predictors import Predictor
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded
from holdfast.inference.runtime.texts import TextReader
from holdfast.inference.tasks.token_classification import TokenClassification
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.trainers.interface import Trainer
from holdfast.training.trainers.text.bases import Base, find_encoder
from holdfast.training.trainers.text.folds import Fold, make_holdout
from holdfast.training.trainers.text.judging import intervals
from holdfast.training.trainers.text.ladder import Ladder
from holdfast.training.trainers.text.lessons import Lesson, Tuning
from holdfast.training.trainers.text.libraries import import_estimators, import_networks
from holdfast.training.trainers.text.tasks import metric_name
from holdfast.training.trainers.text.tokens.scoring import counts, labels_of, said, scores, scores_of_counts
from holdfast.training.trainers.text.tokens.sentences import OUTSIDE, Sentence, read_sentences
from holdfast.training.trainers.text.tokens.words import WordModels

Array = np.ndarray[Any, Any]
_NO_LABEL = -100
"""What the loss of transformers leaves out."""


def prepare(data: TrainingData, spec: TrainingSpec) -> Trainer:
    """The ladder for this data.

    Raises:
        InvalidInput: columns are missing, or no row has an entity.
    """
    import_estimators()
    sentences = read_sentences(data, data.train)
    labels = labels_of(sentences)
    if len(labels) == 1:
        raise InvalidInput(field="data", problem="has no entity in any row: there is nothing to learn")
    has_entity = [str(set(one.tags) != {OUTSIDE}) for one in sentences]
    fold, metric = make_holdout(data, has_entity, spec.seed), metric_name(spec)
    base = find_encoder(spec.base_model)
    if isinstance(base, Base):
        import_networks(base)
    lesson = _Entities(sentences, tuple(labels), fold, metric, spec.params, spec.seed)
    return Ladder([WordModels(sentences, fold, metric), Tuning(lesson, base)], spec.candidates)


def judge(data: TrainingData, predictor: Predictor, spec: TrainingSpec) -> Judgement:  # noqa: ARG001 - as all are called
    """Entities of the sealed test."""
    sentences = read_sentences(data, data.test)
    tags = said(predictor, sentences)

    counted = counts(sentences, tags)
    truth = [list(sentence.tags) for sentence in sentences]
    spread = intervals(len(sentences), lambda rows: scores_of_counts(counted[rows]))
    return Judgement(scores(sentences, tags), spread, len(sentences), truth, tags)


@dataclass(frozen=True)
class _Entities(Lesson):
    """An encoder that tags tokens; those of one word alike, so that joining them in any way gives the same."""

    sentences: list[Sentence]
    labels: tuple[str, ...]
    fold: Fold
    metric: str
    params: Mapping[str, Any]
    seed: int
    task: ClassVar[str] = "token-classification"
    auto_class: ClassVar[str] = "AutoModelForTokenClassification"

    @property
    def options(self) -> Mapping[str, Any]:
        places = {label: place for place, label in enumerate(self.labels)}
        return {"num_labels": len(places), "id2label": dict(enumerate(self.labels)), "label2id": places}

    def rows(self, reader: TextReader, places: Array) -> list[dict[str, Any]]:
        """One for each sentence; of one that is longer than the model takes, one for each stretch of it."""
        sentences = [self.sentences[place] for place in places]
        encoded = reader.tokenizer(
            [sentence.text for sentence in sentences],
            truncation=reader.max_tokens is not None,
            max_length=reader.max_tokens,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        offsets, owners = encoded.pop("offset_mapping"), encoded.pop("overflow_to_sample_mapping")
        return [
            {name: encoded[name][row] for name in encoded} | {"labels": self._labels(sentences[owner], offsets[row])}
            for row, owner in enumerate(owners)
        ]

    def _labels(self, sentence: Sentence, offsets: list[tuple[int, int]]) -> list[int]:
        """The tag of the word that a token is in; an entity begins with but one token."""
        found, place = [], 0
        for start, end in offsets:
            while place < len(sentence.words) and sentence.words[place][2] <= start:
                place += 1
            if end <= start or place == len(sentence.words):
                found.append(_NO_LABEL)  # of the tokenizer's own
            else:
                tag, begins = sentence.tags[place], start <= sentence.words[place][1]
                found.append(self.labels.index(tag if begins else tag.replace("B-", "I-", 1)))
        return found

    def collate(self, reader: TextReader, model: Any) -> Callable[[Any], Any]:  # noqa: ARG002 - as all are called
        collator: Callable[[Any], Any] = need("transformers").DataCollatorForTokenClassification(reader.tokenizer)
        return collator

    def predictor(self, loaded: Loaded, reader: TextReader) -> Predictor:
        return TokenClassification(loaded, reader)

    def scores(self, predictor: Predictor, places: Array) -> Mapping[str, float]:
        judged = [self.sentences[place] for place in places]
        return scores(judged, said(predictor, judged))

    @property
    def example(self) -> Any:
        return next(one.text for one in self.sentences if set(one.tags) != {OUTSIDE})
