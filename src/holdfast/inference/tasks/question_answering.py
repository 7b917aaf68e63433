"""question-answering: the stretch of a text that answers a question.

transformers 5 has no pipeline for it any more. Source: transformers 4.57, pipelines/question_answering.py, for
parameters and their defaults.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput, TooLarge, UnusableModel
from holdfast.inference.domain.kinds import Field, Flag, Record, Text
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.spans import ANSWERS, READING_FIELDS, Span, best_spans, span_scores
from holdfast.inference.domain.specification import Shape, TaskSpec
from holdfast.inference.runtime.estimators import PLACEMENT
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Arrays, Network
from holdfast.inference.runtime.plain_texts import NEAREST, is_plain, nearest_sentence
from holdfast.inference.runtime.rows import Row, size_of
from holdfast.inference.runtime.texts import TextReader, load_text_reader
from holdfast.inference.runtime.windows import Window, text_windows

SPEC = TaskSpec(
    name="question-answering",
    summary="Finds the answer to a question in a text.",
    inputs=Record(
        {
            "question": Field(Text(min_characters=1), "What is asked.", required=True),
            "context": Field(Text(min_characters=1), "The text that has the answer.", required=True),
        }
    ),
    parameters=Record({**READING_FIELDS, "align_to_words": Field(Flag(), "Answer in whole words; true without it.")}),
    output=ANSWERS,
    example={"question": "Where do I live?", "context": "My name is Merve and I live in Istanbul."},
    shape=Shape.BEST,
)


class QuestionAnswering(RowPredictor):
    """An extractive reader: one row for each window of the context."""

    spec = SPEC

    def __init__(self, loaded: Loaded, reader: TextReader) -> None:
        self.placement = loaded.placement
        self._reader = reader
        self._network = Network(loaded, reader.padding)

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        tokenizer = self._reader.tokenizer
        longest = parameters.get("max_question_len", 64)
        question = len(tokenizer(inputs["question"], add_special_tokens=False, verbose=False)["input_ids"])
        if question > longest:
            raise TooLarge(what=f"`inputs.question`, {question} tokens long,", limit=f"{longest} tokens")
        length = min(parameters.get("max_seq_len", 384), self._reader.max_tokens or 384)
        stride = parameters.get("doc_stride", min(length // 2, 128, max(0, (length - question) // 2)))
        if stride + question + 8 > length:
            problem = f"leaves no room: {question} tokens of question, {length} of a window"
            raise InvalidInput(field="parameters.doc_stride", problem=problem)
        # The question comes first, so that only the text behind it is cut into windows.
        texts = (inputs["question"], inputs["context"])
        with self._reader.turn:
            windows = text_windows(tokenizer, texts, length, stride, "only_second")
        return Item(
            inputs, parameters, [one.row for one in windows], sum(size_of(one.row) for one in windows), notes=windows
        )

    def forward(self, rows: Sequence[Row]) -> Sequence[Arrays]:
        return self._network.forward(rows, ("start_logits", "end_logits"), per_token=True)

    def finish(self, item: Item, results: Sequence[Arrays]) -> list[dict[str, Any]]:
        top_k = item.parameters.get("top_k", 1)
        answers: dict[tuple[int, int], dict[str, Any]] = {}
        for window, result in zip(item.notes, results, strict=True):
            for answer in _answers(item, window, result):
                place = (answer["start"], answer["end"])
                if place not in answers or answers[place]["score"] < answer["score"]:
                    answers[place] = answer
        if item.parameters.get("handle_impossible_answer"):
            score = min(_no_answer_score(window, result) for window, result in zip(item.notes, results, strict=True))
            answers[0, 0] = {"answer": "", "score": score, "start": 0, "end": 0}
        return sorted(answers.values(), key=lambda answer: -answer["score"])[:top_k]


class NearestSentence(Predictor):
    """The sentence of the text that shares most words with the question: what a trained model has to beat."""

    spec = SPEC
    placement = PLACEMENT

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        return Item(inputs, parameters, [inputs], max(1, len(inputs["context"]) // 4))

    def run(self, items: Sequence[Item]) -> list[Any]:
        return [self._answer(item.inputs["question"], item.inputs["context"]) for item in items]

    @staticmethod
    def _answer(question: str, context: str) -> list[dict[str, Any]]:
        start, end, share = nearest_sentence(question, context)
        return [{"answer": context[start:end], "score": share, "start": start, "end": end}]


def _answers(item: Item, window: Window, result: Arrays) -> Iterator[dict[str, Any]]:
    allowed = np.array([text == 1 for text in window.texts])
    starts, ends = span_scores(window.texts, result)
    spans = best_spans(starts * allowed, ends * allowed, item.parameters.get("max_answer_len", 15), top_k=20)
    context = item.inputs["context"]
    for span in spans:
        first, last = _places(window, span, whole_words=item.parameters.get("align_to_words", True))
        yield {"answer": context[first:last], "score": span.score, "start": first, "end": last}


def _no_answer_score(window: Window, result: Arrays) -> float:
    starts, ends = span_scores(window.texts, result)
    return float(starts[0] * ends[0])


def _places(window: Window, span: Span, *, whole_words: bool) -> tuple[int, int]:
    first, last = span.start, span.end
    if whole_words:
        while first > 0 and _same_word(window, first - 1, first):
            first -= 1
        while last + 1 < len(window.words) and _same_word(window, last, last + 1):
            last += 1
    return window.offsets[first][0], window.offsets[last][1]


def _same_word(window: Window, one: int, other: int) -> bool:
    in_context = window.texts[one] == window.texts[other] == 1
    return in_context and window.words[one] is not None and window.words[one] == window.words[other]


def load(folder: Path, wish: Wish) -> Predictor:
    """Load an extractive reader. See `tasks.load` for errors."""
    if is_plain(folder, NEAREST):
        return NearestSentence()
    loaded = load_model(folder, "AutoModelForQuestionAnswering", wish)
    reader = load_text_reader(folder, loaded)
    if not reader.tokenizer.is_fast:
        raise UnusableModel(problem="its tokenizer does not tell where tokens stood; save it as tokenizer.json")
    return QuestionAnswering(loaded, reader)
