"""document-question-answering: questions about a page, by models that know where its words stand, or that read it.

LayoutLM 1 and 3 want words and their boxes: `word_boxes`, or what tesseract finds where it is installed. Their answers
are words of the page: `start` and `end` are numbers of words. Donut reads pictures itself and writes its answer, which
stands nowhere: `start` and `end` are 0. Source: transformers 5.23, pipelines/document_question_answering.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput, TooLarge, UnusableModel
from holdfast.inference.domain.kinds import Binary, Either, Field, ListOf, Number, Record, Text
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.spans import ANSWERS, READING_FIELDS, best_spans, span_scores
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.checkpoints import Checkpoint
from holdfast.inference.runtime.images import ImageReader, decode_image, load_image_reader
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Arrays, Network
from holdfast.inference.runtime.ocr import Word, read_page
from holdfast.inference.runtime.rows import Padding, Row, size_of, stack
from holdfast.inference.runtime.texts import TextReader, load_text_reader
from holdfast.inference.runtime.windows import Window, text_windows
from holdfast.inference.runtime.writing import Writer, load_writer

_BOX = ListOf(Number(0, 1000), min_items=4, max_items=4)

SPEC = TaskSpec(
    name="document-question-answering",
    summary="Answers a question about a page.",
    inputs=Record(
        {
            "image": Field(Binary("image"), "The page.", required=True),
            "question": Field(Text(min_characters=1), "What is asked.", required=True),
        }
    ),
    parameters=Record(
        {
            **READING_FIELDS,
            "lang": Field(Text(), "The language to read the page in, for tesseract."),
            "word_boxes": Field(
                ListOf(Either((Text(), _BOX, ListOf(Either((Text(), _BOX), "a word or a box"))), "a word or a box")),
                "Words and boxes in turn, or pairs of them; sides in thousandths of the page.",
            ),
        }
    ),
    output=ANSWERS,
)


class DocumentQuestionAnswering(RowPredictor):
    """A LayoutLM: one row for each window of the page's words.

    Args:
        loaded: the model.
        reader: of its texts.
        pictures: for models that also see the page (LayoutLMv3); None: it only reads.
    """

    spec = SPEC

    def __init__(self, loaded: Loaded, reader: TextReader, pictures: ImageReader | None = None) -> None:
        self.placement = loaded.placement
        self._reader = reader
        self._pictures = pictures
        self._network = Network(loaded, reader.padding)

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        image = decode_image(inputs["image"], "inputs.image")
        given = parameters.get("word_boxes")
        words = read_page(image, parameters.get("lang")) if given is None else pair_words(given)
        if not words:
            raise InvalidInput(field="inputs.image", problem="has no words that can be read")
        windows = self._windows(inputs["question"], words, parameters)
        if self._pictures is not None:
            seen = self._pictures.row(image)
            windows = [replace(window, row={**window.row, **seen}) for window in windows]
        size = sum(size_of(window.row) for window in windows)
        return Item(None, parameters, [window.row for window in windows], size, notes=(words, windows))

    def _windows(self, question: str, words: Sequence[Word], parameters: Mapping[str, Any]) -> list[Window]:
        tokenizer = self._reader.tokenizer
        tokens = len(tokenizer(question, add_special_tokens=False, verbose=False)["input_ids"])
        longest = parameters.get("max_question_len", 64)
        if tokens > longest:
            raise TooLarge(what=f"`inputs.question`, {tokens} tokens long,", limit=f"{longest} tokens")
        length = min(parameters.get("max_seq_len", 512), self._reader.max_tokens or 512)
        stride = parameters.get("doc_stride", min(length // 2, 256, max(0, (length - tokens) // 2)))
        if stride + tokens + 8 > length:
            raise InvalidInput(field="parameters.doc_stride", problem="leaves no room for the page")
        texts = (question.split(), [word.text for word in words])
        with self._reader.turn:
            windows = text_windows(tokenizer, texts, length, stride, "only_second")
        return [replace(window, row=self._row(window, words)) for window in windows]

    def _row(self, window: Window, words: Sequence[Word]) -> Row:
        row = {**window.row, "bbox": self._boxes(window, words)}
        if self._pictures is not None:
            row.pop("token_type_ids", None)  # it knows one kind of text
        return row

    def _boxes(self, window: Window, words: Sequence[Word]) -> np.ndarray[Any, Any]:
        # Source: transformers, models/layoutlm and layoutlmv3: `sep_token_box`.
        separator = None if self._pictures is not None else self._reader.tokenizer.sep_token_id
        tokens = zip(window.row["input_ids"], window.texts, window.words, strict=True)
        return np.array(
            [
                words[word].box if text == 1 and word is not None else (1000,) * 4 if token == separator else (0,) * 4
                for token, text, word in tokens
            ]
        )

    def forward(self, rows: Sequence[Row]) -> Sequence[Arrays]:
        return self._network.forward(rows, ("start_logits", "end_logits"), per_token=True)

    def finish(self, item: Item, results: Sequence[Arrays]) -> list[dict[str, Any]]:
        words, windows = item.notes
        answers: dict[tuple[int, int], dict[str, Any]] = {}
        for window, result in zip(windows, results, strict=True):
            for answer in _answers(item, words, window, result):
                place = (answer["start"], answer["end"])
                if place not in answers or answers[place]["score"] < answer["score"]:
                    answers[place] = answer
        found = list(answers.values())
        if item.parameters.get("handle_impossible_answer"):
            scores = [span_scores(window.texts, result) for window, result in zip(windows, results, strict=True)]
            none = min(float(starts[0] * ends[0]) for starts, ends in scores)
            found.append({"answer": "", "score": none, "start": 0, "end": 0})
        return sorted(found, key=lambda answer: -answer["score"])[: item.parameters.get("top_k", 1)]


def _answers(item: Item, words: Sequence[Word], window: Window, result: Arrays) -> Iterator[dict[str, Any]]:
    allowed = np.array([text == 1 for text in window.texts])
    starts, ends = span_scores(window.texts, result)
    for span in best_spans(starts * allowed, ends * allowed, item.parameters.get("max_answer_len", 15), top_k=20):
        first, last = window.words[span.start], window.words[span.end]
        if first is not None and last is not None:
            text = " ".join(word.text for word in words[first : last + 1])
            yield {"answer": text, "score": span.score, "start": first, "end": last}


def pair_words(given: Sequence[Any]) -> list[Word]:
    """Words from `word_boxes`: `["Total", [0, 0, 90, 20], …]` or `[["Total", [0, 0, 90, 20]], …]`.

    Raises:
        InvalidInput: not a word and a box each time.
    """
    is_flat = bool(given) and isinstance(given[0], str)
    pairs = list(zip(given[::2], given[1::2], strict=False)) if is_flat else given
    if is_flat and len(given) % 2:
        raise InvalidInput(field="parameters.word_boxes", problem="must hold a box for each word")
    for index, pair in enumerate(pairs):
        if len(pair) != 2 or not isinstance(pair[0], str) or not isinstance(pair[1], list):
            raise InvalidInput(field=f"parameters.word_boxes[{index}]", problem="must be a word and a box")
    return [Word(text, (int(left), int(top), int(right), int(bottom))) for text, (left, top, right, bottom) in pairs]


class PageReading(Predictor):
    """A Donut: an encoder of pages with a decoder that is asked by its first tokens.

    Source: huggingface.co/naver-clova-ix/donut-base-finetuned-docvqa, its model card.
    """

    spec = SPEC

    def __init__(self, writer: Writer, pictures: ImageReader) -> None:
        self.placement = writer.loaded.placement
        self._writer = writer
        self._pictures = pictures

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        for name in parameters.keys() - {"max_answer_len", "max_question_len"}:
            if (name, parameters[name]) not in _NO_WISH:
                raise InvalidInput(field=f"parameters.{name}", problem="has no meaning for this model, which writes")
        prompt = f"<s_docvqa><s_question>{inputs['question']}</s_question><s_answer>"
        tokens = self._writer.tokenizer(prompt, add_special_tokens=False)["input_ids"]
        most, answer = self._positions, parameters.get("max_answer_len", _USUAL_ANSWER_TOKENS)
        if len(tokens) + answer > most:
            raise TooLarge(
                what=f"`inputs.question`, {len(tokens)} tokens long,", limit=f"{max(0, most - answer)} tokens"
            )
        page = self._pictures.row(decode_image(inputs["image"], "inputs.image"))
        row = {"pixel_values": page["pixel_values"], "decoder_input_ids": np.array(tokens)}
        return Item(None, parameters, [row], size_of(row), notes=answer)

    @property
    def _positions(self) -> int:
        return int(getattr(self._writer.loaded.config.get_text_config(), "max_position_embeddings", 512))

    def run(self, items: Sequence[Item]) -> list[Any]:
        return [self._answer(item) for item in items]

    def _answer(self, item: Item) -> list[dict[str, Any]]:
        tensors = Network(self._writer.loaded).tensors(stack(item.rows, Padding()))
        skip = tensors["decoder_input_ids"].shape[1]
        [written] = self._writer.write(tensors, {}, item.notes, skip=skip, raw=True)
        said = _TAG.sub(" ", written.text.partition("</s_answer>")[0])
        for special in self._writer.tokenizer.all_special_tokens:
            said = said.replace(special, " ")
        return [{"answer": " ".join(said.split()), "score": written.probability, "start": 0, "end": 0}]


_USUAL_ANSWER_TOKENS = 64
_NO_WISH = (("top_k", 1), ("handle_impossible_answer", False))
_TAG = re.compile(r"</?s_[^<>]*>")


def load(folder: Path, wish: Wish) -> Predictor:
    """Load a LayoutLM or a Donut. See `tasks.load` for errors."""
    if Checkpoint(folder).config().get("model_type") == "vision-encoder-decoder":
        writer = load_writer(folder, "AutoModelForImageTextToText", wish)
        if "<s_answer>" not in writer.tokenizer.get_vocab():
            raise UnusableModel(
                problem="its tokenizer knows no <s_answer>, so it does not answer questions about pages"
            )
        return PageReading(writer, load_image_reader(folder))
    loaded = load_model(folder, "AutoModelForDocumentQuestionAnswering", wish)
    kind = loaded.config.model_type
    if kind not in ("layoutlm", "layoutlmv3"):
        raise UnusableModel(problem=f"of its kind LayoutLM, LayoutLMv3 and Donut are known here, not {kind}")
    sees = kind == "layoutlmv3"
    # Its own tokenizer wants boxes beside the words; here they are put to the tokens afterwards, as for LayoutLM.
    reader = load_text_reader(folder, loaded, "PreTrainedTokenizerFast" if sees else "AutoTokenizer")
    if not reader.tokenizer.is_fast:
        raise UnusableModel(problem="its tokenizer does not tell where tokens stood; save it as tokenizer.json")
    return DocumentQuestionAnswering(loaded, reader, load_image_reader(folder, apply_ocr=False) if sees else None)
