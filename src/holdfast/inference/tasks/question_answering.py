"""question-answering: the stretch of a text that answers a question.

transformers 5 has no pipeline for it any more. Source: transformers 4.57, pipelines/question_answering.py, for parameters,
their defaults and what scores mean: probabilities of start and end within a window, multiplied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput, TooLarge, UnusableModel
from holdfast.inference.domain.kinds import Field, Flag, Integer, ListOf, Number, Record, Text
from holdfast.inference.domain.labels import softmax
from holdfast.inference.domain.predictors import Item, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import Shape, TaskSpec
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Arrays, Network
from holdfast.inference.runtime.rows import Row, size_of
from holdfast.inference.runtime.texts import TextReader, load_text_reader
from holdfast.inference.runtime.windows import Window, text_windows

ANSWERS = ListOf(
    Record(
        {
            "answer": Field(Text(), required=True),
            "score": Field(Number(), required=True),
            "start": Field(Integer(0), "First character (or word) of the answer.", required=True),
            "end": Field(Integer(0), "Character after the last (or last word).", required=True),
        }
    )
)
PARAMETERS = {
    "top_k": Field(Integer(1, 100), "How many answers to give; 1 without it."),
    "doc_stride": Field(Integer(0), "How many tokens windows of a long text share."),
    "max_answer_len": Field(Integer(1, 1_000), "Tokens of an answer; 15 without it."),
    "max_seq_len": Field(Integer(8), "Tokens of a window, question included; 384 without it."),
    "max_question_len": Field(Integer(1), "Tokens of the question; 64 without it."),
    "handle_impossible_answer": Field(Flag(), "Allow `no answer` (an empty one)."),
}

SPEC = TaskSpec(
    name="question-answering",
    summary="Finds the answer to a question in a text.",
    inputs=Record(
        {
            "question": Field(Text(min_characters=1), "What is asked.", required=True),
            "context": Field(Text(min_characters=1), "The text that has the answer.", required=True),
        }
    ),
    parameters=Record({**PARAMETERS, "align_to_words": Field(Flag(), "Answer in whole words; true without it.")}),
    output=ANSWERS,
    example={"question": "Where do I live?", "context": "My name is Merve and I live in Istanbul."},
    shape=Shape.BEST,
)


@dataclass(frozen=True)
class Span:
    """Tokens from `start` to `end`, both included, with what they score."""

    start: int
    end: int
    score: float


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
        windows = text_windows(tokenizer, texts, length, stride, "only_second")
        return Item(inputs, parameters, [one.row for one in windows], sum(size_of(one.row) for one in windows), notes=windows)

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


def _answers(item: Item, window: Window, result: Arrays) -> Iterator[dict[str, Any]]:
    allowed = np.array([text == 1 for text in window.texts])
    starts, ends = _scores(window, result)
    spans = best_spans(starts * allowed, ends * allowed, item.parameters.get("max_answer_len", 15), top_k=20)
    context = item.inputs["context"]
    for span in spans:
        first, last = _places(window, span, whole_words=item.parameters.get("align_to_words", True))
        yield {"answer": context[first:last], "score": span.score, "start": first, "end": last}


def _scores(window: Window, result: Arrays) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Probabilities over the context and the first token, which stands for `no answer`."""
    counted = np.array([text == 1 for text in window.texts])
    counted[0] = True
    starts, ends = (
        softmax(np.where(counted, result[name].astype(np.float64), -1e4)) for name in ("start_logits", "end_logits")
    )
    return starts, ends


def _no_answer_score(window: Window, result: Arrays) -> float:
    starts, ends = _scores(window, result)
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


def best_spans(
    starts: np.ndarray[Any, Any], ends: np.ndarray[Any, Any], max_tokens: int, top_k: int
) -> list[Span]:
    """The spans with the largest product of scores, no longer than `max_tokens`; those of zero are left out."""
    products = np.triu(np.outer(starts, ends)) - np.triu(np.outer(starts, ends), max_tokens)
    flat = products.ravel()
    best = np.argsort(-flat, kind="stable")[:top_k]
    found = (divmod(int(index), len(ends)) for index in best if flat[index] > 0)
    return [Span(start, end, float(products[start, end])) for start, end in found]


def load(folder: Path, wish: Wish) -> QuestionAnswering:
    """Load an extractive reader. See `tasks.load` for errors."""
    loaded = load_model(folder, "AutoModelForQuestionAnswering", wish)
    reader = load_text_reader(folder, loaded)
    if not reader.tokenizer.is_fast:
        raise UnusableModel(problem="its tokenizer does not tell where tokens stood; save it as tokenizer.json")
    return QuestionAnswering(loaded, reader)
