"""Summaries and translations: the text's own beginning, or the text as it is; then a fine-tuned encoder-decoder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from holdfast.base.errors import InvalidInput
from holdfast.inference.domain.predictors import Predictor
from holdfast.inference.runtime.generation import Generator
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded
from holdfast.inference.runtime.plain_texts import LEADING
from holdfast.inference.runtime.text_to_text import TextToTextModel
from holdfast.inference.runtime.texts import TextReader
from holdfast.inference.tasks.summarization import Summarization
from holdfast.inference.tasks.translation import Translation
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.trainers.interface import Trainer
from holdfast.training.trainers.text.bases import Base, find_writer
from holdfast.training.trainers.text.folds import Fold, make_holdout
from holdfast.training.trainers.text.judging import ask, intervals
from holdfast.training.trainers.text.ladder import Ladder
from holdfast.training.trainers.text.lessons import Lesson, Tuning
from holdfast.training.trainers.text.libraries import import_networks
from holdfast.training.trainers.text.plain import Plain
from holdfast.training.trainers.text.rewriting.languages import Languages, languages_of
from holdfast.training.trainers.text.rewriting.scoring import of_summaries, of_translations
from holdfast.training.trainers.text.tasks import metric_name

Array = np.ndarray[Any, Any]
_MOST_TOKENS, _MOST_NEW_TOKENS = 512, 128
_MOST_JUDGED = 100
"""On the way: writing is slow."""


def prepare(data: TrainingData, spec: TrainingSpec) -> Trainer:
    """The ladder for this data.

    Raises:
        InvalidInput: columns are missing.
    """
    pairs = _pairs(data, spec, "train")
    fold = make_holdout(data, None, spec.seed)
    fold = Fold(fold.fitted, fold.judged[:_MOST_JUDGED])
    base = find_writer(spec.base_model)
    if isinstance(base, Base):
        import_networks(base)
    lesson: Lesson
    shared = (*pairs, fold, metric_name(spec), spec.params, spec.seed)
    if spec.task == "summarization":
        lesson = _Summaries(*shared)
        lengths = tuple({"sentences": count} for count in (3, 1, 2))
        baseline = Plain(lesson, LEADING, lengths, "the text's own beginning")
    else:
        languages = languages_of(base, spec.params) if isinstance(base, Base) else None
        lesson = _Translations(*shared, languages)
        baseline = Plain(lesson, LEADING, ({},), "the text as it is: names and numbers stay the same")
    return Ladder([baseline, Tuning(lesson, base)], spec.candidates)


def judge(data: TrainingData, predictor: Predictor, spec: TrainingSpec) -> Judgement:
    """What is written for the sealed test."""
    texts, wanted = _pairs(data, spec, "test")
    summarizes = spec.task == "summarization"
    kind = _Summaries if summarizes else _Translations
    measure = of_summaries if summarizes else of_translations
    written = _written(predictor, texts, kind.output_name)

    def measured(rows: Array) -> Mapping[str, float]:
        return measure([written[row] for row in rows], [wanted[row] for row in rows])

    return Judgement(measure(written, wanted), intervals(len(texts), measured, draws=20), len(texts), wanted, written)


def _pairs(data: TrainingData, spec: TrainingSpec, part: str) -> tuple[list[str], list[str]]:
    missing = [role for role in ("text", "target") if role not in data.columns]
    if missing:
        raise InvalidInput(field=f"columns.{missing[0]}", problem=f"is missing: {spec.task} needs texts and targets")
    frame = data.train if part == "train" else data.test
    return [str(one) for one in frame[data.columns["text"]]], [str(one) for one in frame[data.columns["target"]]]


def _written(predictor: Predictor, texts: list[str], name: str) -> list[str]:
    return [answer[name] for answer in ask(predictor, texts, {"truncation": "only_first"})]


@dataclass(frozen=True)
class _Rewriting(Lesson):
    """An encoder-decoder that learns pairs of texts."""

    texts: list[str]
    wanted: list[str]
    fold: Fold
    metric: str
    params: Mapping[str, Any]
    seed: int
    auto_class: ClassVar[str] = "AutoModelForSeq2SeqLM"
    output_name: ClassVar[str]
    predictor_class: ClassVar[Any]
    measure: ClassVar[Callable[[list[str], list[str]], dict[str, float]]]

    def rows(self, reader: TextReader, places: Array) -> list[dict[str, Any]]:
        most = min(int(self.params.get("max_length", _MOST_TOKENS)), reader.max_tokens or _MOST_TOKENS)
        asked = int(self.params.get("max_target_length", _MOST_NEW_TOKENS))
        longest = min(asked, reader.max_tokens or _MOST_NEW_TOKENS)
        texts = [self.texts[place] for place in places]
        wanted = [self.wanted[place] for place in places]
        encoded = reader.tokenizer(texts, truncation=True, max_length=most)
        labels = reader.tokenizer(text_target=wanted, truncation=True, max_length=longest)["input_ids"]
        names = ("input_ids", "attention_mask")
        return [{name: encoded[name][row] for name in names} | {"labels": labels[row]} for row in range(len(texts))]

    def collate(self, reader: TextReader, model: Any) -> Callable[[Any], Any]:
        collator: Callable[[Any], Any] = need("transformers").DataCollatorForSeq2Seq(reader.tokenizer, model=model)
        return collator

    def predictor(self, loaded: Loaded, reader: TextReader) -> Predictor:
        loaded.model.config.task_specific_params = None  # prefixes of the base were not learned with
        made: Predictor = self.predictor_class(TextToTextModel(Generator(loaded, reader.tokenizer), reader, {}))
        return made

    def scores(self, predictor: Predictor, places: Array) -> Mapping[str, float]:
        written = _written(predictor, [self.texts[place] for place in places], self.output_name)
        return type(self).measure(written, [self.wanted[place] for place in places])

    @property
    def example(self) -> Any:
        return self.texts[0]


@dataclass(frozen=True)
class _Summaries(_Rewriting):
    task: ClassVar[str] = "summarization"
    output_name: ClassVar[str] = "summary_text"
    predictor_class: ClassVar[Any] = Summarization
    measure: ClassVar[Callable[[list[str], list[str]], dict[str, float]]] = staticmethod(of_summaries)


@dataclass(frozen=True)
class _Translations(_Rewriting):
    languages: Languages | None = None
    task: ClassVar[str] = "translation"
    output_name: ClassVar[str] = "translation_text"
    predictor_class: ClassVar[Any] = Translation
    measure: ClassVar[Callable[[list[str], list[str]], dict[str, float]]] = staticmethod(of_translations)

    def rows(self, reader: TextReader, places: Array) -> list[dict[str, Any]]:
        if self.languages is not None:
            self.languages.tell_tokenizer(reader.tokenizer)
        return super().rows(reader, places)

    def predictor(self, loaded: Loaded, reader: TextReader) -> Predictor:
        if self.languages is not None:
            self.languages.tell_tokenizer(reader.tokenizer)
            self.languages.tell_model(loaded.model, reader.tokenizer)
        return super().predictor(loaded, reader)
