"""Texts to labels, several labels or a number.

The ladder: what is most frequent; counts of words; vectors of an encoder; descriptions of labels instead of examples;
words and vectors together; an encoder drawn to the labels by pairs of few examples; a fine-tuned encoder.
"""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.base.errors import InvalidInput
from holdfast.inference.runtime.text_pairs import joined
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.trainers.interface import Trainer
from holdfast.training.trainers.judging_time import JUDGING_SHARE
from holdfast.training.trainers.text.bases import Base, find_encoder
from holdfast.training.trainers.text.classification.choosing import best_by_same_rows, choose
from holdfast.training.trainers.text.classification.columns import column, pairs_of, targets_of
from holdfast.training.trainers.text.classification.contrastive import Contrastive
from holdfast.training.trainers.text.classification.embeddings import Embeddings
from holdfast.training.trainers.text.classification.judging import judge
from holdfast.training.trainers.text.classification.linear import Majority, WordCounts
from holdfast.training.trainers.text.classification.material import Material
from holdfast.training.trainers.text.classification.mixing import Mixture
from holdfast.training.trainers.text.classification.pairs import LadderOfPairs
from holdfast.training.trainers.text.classification.targets import Kind
from holdfast.training.trainers.text.classification.tuning import FineTuning
from holdfast.training.trainers.text.folds import FEW_ROWS, affordable_rows, make_folds
from holdfast.training.trainers.text.ladder import Ladder, Rung
from holdfast.training.trainers.text.libraries import import_estimators, import_networks
from holdfast.training.trainers.text.tasks import metric_name

__all__ = ["judge", "prepare"]

_FEWEST_ROWS = 8


def prepare(data: TrainingData, spec: TrainingSpec) -> Trainer:
    """The ladder for this data.

    Raises:
        InvalidInput: a column is missing, or there are too few rows or labels to learn from.
    """
    import_estimators()
    material = read_material(data, spec)
    base = find_encoder(spec.base_model)
    if isinstance(base, Base):
        import_networks(base, for_sentences=material.is_few)
    only_zero_shot = spec.task == "zero-shot-classification"
    embeddings = Embeddings(material, base, only_zero_shot=only_zero_shot)
    rungs: list[Rung] = [Majority(material), embeddings]
    if not only_zero_shot:
        counts = WordCounts(material, spec.param_grid)
        always = spec.task == "few-shot-text-classification"
        rungs = [Majority(material), counts, embeddings, Mixture(material, counts, embeddings)]
        rungs += [Contrastive(material, base, always=always), FineTuning(material, base)]
    few = material.is_few and not only_zero_shot
    ladder = Ladder(
        rungs,
        spec.candidates,
        (lambda board: choose(board, len(material.texts)))
        if few
        else (lambda board: best_by_same_rows(board, material)),
        judging_seconds=JUDGING_SHARE * spec.budget.seconds,
        judged_rows=len(data.test),
    )
    return ladder if material.pairs is None else LadderOfPairs(**vars(ladder), example=material.pairs[0])


def read_material(data: TrainingData, spec: TrainingSpec) -> Material:
    """Texts, targets and folds of the training rows.

    Raises:
        InvalidInput: see `prepare`.
    """
    pairs = pairs_of(data, data.train)
    firsts = [str(text) for text in data.train[column(data, "text")]]
    texts = firsts if pairs is None else [joined(*pair) for pair in pairs]
    targets = targets_of(data, spec, data.train[column(data, "target")].tolist())
    if len(texts) < _FEWEST_ROWS:
        raise InvalidInput(
            field="data", problem=f"has {len(texts)} rows to learn from; at least {_FEWEST_ROWS} are needed"
        )
    if targets.kind is not Kind.NUMBER and len(targets.labels) < 2:
        raise InvalidInput(field="data", problem="has but one label: there is nothing to tell apart")
    is_number = targets.kind is Kind.NUMBER  # ranks of one fold can't be held against those of another
    most_rows = FEW_ROWS if is_number else affordable_rows(texts, len(targets.labels))
    folds = make_folds(data, targets.strata, spec.seed, most_rows=most_rows)
    is_described = targets.kind is not Kind.NUMBER and pairs is None  # a relation is no text that others resemble
    described = _descriptions(targets.labels, spec) if is_described else None
    return Material(texts, targets, folds, metric_name(spec), described, spec.params, spec.seed, pairs)


def _descriptions(labels: Sequence[str], spec: TrainingSpec) -> tuple[str, ...] | None:
    """What labels mean: as the spec says; else their names, if these are words."""
    unknown = sorted(set(spec.labels) - set(labels))
    if unknown:
        raise InvalidInput(field="labels", problem=f"describes {', '.join(unknown)}, which the data does not have")
    words = {label: label.replace("_", " ").replace("-", " ").strip() for label in labels}
    if not all(label in spec.labels or any(map(str.isalpha, words[label])) for label in labels):
        return None
    return tuple(spec.labels.get(label, words[label]) for label in labels)
