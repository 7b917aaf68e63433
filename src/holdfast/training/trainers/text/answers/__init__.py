"""Extractive question answering: the sentence that shares most words with the question, then a fine-tuned reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from holdfast.inference.domain.predictors import Predictor
from holdfast.inference.runtime.libraries import need
from holdfast.inference.runtime.loading import Loaded
from holdfast.inference.runtime.plain_texts import NEAREST
from holdfast.inference.runtime.texts import TextReader
from holdfast.inference.runtime.windows import Window, text_windows
from holdfast.inference.tasks.question_answering import QuestionAnswering
from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.judgements import Judgement
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.trainers.interface import Trainer
from holdfast.training.trainers.text.answers.questions import Question, exact_match, overlap_f1, read_questions
from holdfast.training.trainers.text.bases import Base, find_encoder
from holdfast.training.trainers.text.folds import Fold, make_holdout
from holdfast.training.trainers.text.judging import ask, mean_scores
from holdfast.training.trainers.text.ladder import Ladder
from holdfast.training.trainers.text.lessons import Lesson, Tuning
from holdfast.training.trainers.text.libraries import import_networks
from holdfast.training.trainers.text.plain import Plain
from holdfast.training.trainers.text.tasks import metric_name

Array = np.ndarray[Any, Any]
_WINDOW, _SHARED = 384, 128


def prepare(data: TrainingData, spec: TrainingSpec) -> Trainer:
    """The ladder for this data.

    Raises:
        InvalidInput: columns are missing, or answers are not as SQuAD has them.
    """
    questions = read_questions(data, data.train)
    base = find_encoder(spec.base_model)
    if isinstance(base, Base):
        import_networks(base)
    fold = make_holdout(data, None, spec.seed)
    lesson = _Reading(questions, fold, metric_name(spec), spec.params, spec.seed)
    baseline = Plain(lesson, NEAREST, ({},), "the sentence that shares most words with the question")
    return Ladder([baseline, Tuning(lesson, base)], spec.candidates)


def judge(data: TrainingData, predictor: Predictor, spec: TrainingSpec) -> Judgement:  # noqa: ARG001 - as all are called
    """Answers to the questions of the sealed test."""
    questions = read_questions(data, data.test)
    answers = _asked(predictor, questions)
    means, spread = mean_scores(_by_row(questions, answers))
    return Judgement(means, spread, len(questions), [list(one.answers) for one in questions], answers)


def _asked(predictor: Predictor, questions: list[Question]) -> list[str]:
    inputs = [{"question": one.question, "context": one.context} for one in questions]
    found = ask(predictor, inputs, {"max_question_len": 512, "max_answer_len": 30})
    return [lines[0]["answer"] if lines else "" for lines in found]


def _by_row(questions: list[Question], answers: list[str]) -> dict[str, Array]:
    pairs = list(zip(questions, answers, strict=True))
    return {
        "f1": np.array([max(overlap_f1(answer, right) for right in one.answers or ("",)) for one, answer in pairs]),
        "exact_match": np.array(
            [max(exact_match(answer, right) for right in one.answers or ("",)) for one, answer in pairs]
        ),
    }


@dataclass(frozen=True)
class _Reading(Lesson):
    """A reader that marks where an answer begins and ends, in windows of the text that overlap."""

    questions: list[Question]
    fold: Fold
    metric: str
    params: Mapping[str, Any]
    seed: int
    task: ClassVar[str] = "question-answering"
    auto_class: ClassVar[str] = "AutoModelForQuestionAnswering"

    def rows(self, reader: TextReader, places: Array) -> list[dict[str, Any]]:
        length = min(int(self.params.get("max_length", _WINDOW)), reader.max_tokens or _WINDOW)
        stride = min(int(self.params.get("doc_stride", _SHARED)), length // 4)
        found = []
        for place in places:
            one = self.questions[place]
            windows = text_windows(reader.tokenizer, (one.question, one.context), length, stride, "only_second")
            found += [_row(window, one) for window in windows]
        return found

    def collate(self, reader: TextReader, model: Any) -> Callable[[Any], Any]:  # noqa: ARG002 - as all are called
        collator: Callable[[Any], Any] = need("transformers").DataCollatorWithPadding(reader.tokenizer)
        return collator

    def predictor(self, loaded: Loaded, reader: TextReader) -> Predictor:
        return QuestionAnswering(loaded, reader)

    def scores(self, predictor: Predictor, places: Array) -> Mapping[str, float]:
        questions = [self.questions[place] for place in places]
        return mean_scores(_by_row(questions, _asked(predictor, questions)))[0]

    @property
    def example(self) -> Any:
        return {"question": self.questions[0].question, "context": self.questions[0].context}


def _row(window: Window, question: Question) -> dict[str, Any]:
    """Tokens of a window with the tokens of the answer in it; its first token where the answer is elsewhere."""
    start, end = 0, 0
    if question.start is not None:
        last_character = question.start + len(question.answers[0])
        inside = [
            place
            for place, (text, (first, last)) in enumerate(zip(window.texts, window.offsets, strict=True))
            if text == 1 and first < last_character and question.start < last
        ]
        # Both ends of the answer must lie in the window, else half an answer would be taught.
        begins = bool(inside) and window.offsets[inside[0]][0] <= question.start
        if begins and window.offsets[inside[-1]][1] >= last_character:
            start, end = inside[0], inside[-1]
    row = {name: values.tolist() for name, values in window.row.items()}
    return row | {"start_positions": start, "end_positions": end}
