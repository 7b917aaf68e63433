"""token-classification: names, places, parts of speech: which stretches of a text are what.

Source: transformers 5.23, pipelines/token_classification.py, for the strategies and what they mean. Without a strategy,
tokens are joined as `simple` does, as on the public Hub.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import InvalidInput, UnusableModel
from holdfast.inference.domain.kinds import Choice, Field, Integer, ListOf, Number, Record, Text
from holdfast.inference.domain.labels import softmax
from holdfast.inference.domain.predictors import Item, Predictor, Wish
from holdfast.inference.domain.row_predictors import RowPredictor
from holdfast.inference.domain.specification import TaskSpec
from holdfast.inference.runtime.estimators import PLACEMENT
from holdfast.inference.runtime.loading import Loaded, load_model
from holdfast.inference.runtime.networks import Arrays, Network
from holdfast.inference.runtime.rows import Row, size_of
from holdfast.inference.runtime.texts import TextReader, load_text_reader
from holdfast.inference.runtime.windows import Window, text_windows
from holdfast.inference.runtime.word_tags import WORDS_FILE, WordTags, load_word_tags, split_words

SPEC = TaskSpec(
    name="token-classification",
    summary="Finds names, places, parts of speech and the like in a text.",
    inputs=Text(min_characters=1),
    parameters=Record(
        {
            "aggregation_strategy": Field(
                Choice(("none", "simple", "first", "average", "max")), "How tokens are joined to words and groups."
            ),
            "ignore_labels": Field(ListOf(Text()), "Labels to leave out; `O` without it."),
            "stride": Field(Integer(1), "Read a long text in windows that share so many tokens."),
        }
    ),
    output=ListOf(
        Record(
            {
                "entity_group": Field(Text(), "The label of a group."),
                "entity": Field(Text(), "The label of a token, for the strategy `none`."),
                "score": Field(Number(), required=True),
                "word": Field(Text(), required=True),
                "start": Field(Integer(0), "First character.", required=True),
                "end": Field(Integer(0), "Character after the last.", required=True),
                "index": Field(Integer(0), "Number of the token, for the strategy `none`."),
            }
        )
    ),
    example="My name is Sarah Jessica Parker but you can call me Jessica.",
)


_USUAL_SHARE = 4


@dataclass(frozen=True)
class Piece:
    """A token or a word of the text with its scores for all labels."""

    tokens: tuple[str, ...]
    scores: np.ndarray[Any, Any]
    start: int
    end: int
    word: int | None
    index: int


@dataclass(frozen=True)
class Labelled:
    """Tokens with one label."""

    label: str
    score: float
    tokens: tuple[str, ...]
    start: int
    end: int
    index: int


class TokenClassification(RowPredictor):
    """A token classifier with a fast tokenizer, which knows where each token stood."""

    spec = SPEC

    def __init__(self, loaded: Loaded, reader: TextReader) -> None:
        self.placement = loaded.placement
        self._reader = reader
        self._network = Network(loaded, reader.padding)
        self._labels = loaded.labels

    @property
    def usual_stride(self) -> int | None:
        """Tokens that windows of a long text may well share; None where the model takes texts of any length."""
        return self._reader.max_tokens and max(1, self._reader.max_tokens // _USUAL_SHARE)

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        stride = parameters.get("stride")
        limit = self._reader.max_tokens
        if stride is not None and (limit is None or stride >= limit // 2):
            raise InvalidInput(field="parameters.stride", problem="must be less than half of what the model takes")
        with self._reader.turn:
            windows = text_windows(self._reader.tokenizer, (inputs,), limit if stride else None, stride or 0)
        if stride is None:
            self._reader.check_length(len(windows[0].row["input_ids"]))
        return Item(
            inputs, parameters, [one.row for one in windows], sum(size_of(one.row) for one in windows), notes=windows
        )

    def forward(self, rows: Sequence[Row]) -> Sequence[Arrays]:
        return self._network.forward(rows, per_token=True)

    def finish(self, item: Item, results: Sequence[Arrays]) -> list[dict[str, Any]]:
        strategy = item.parameters.get("aggregation_strategy", "simple")
        pieces: dict[int, Piece] = {}
        for window, result in zip(item.notes, results, strict=True):
            for piece in self._pieces(item.inputs, window, softmax(result["logits"].astype(np.float64))):
                kept = pieces.get(piece.start)
                if kept is None or piece.scores.max() > kept.scores.max():
                    pieces[piece.start] = piece
        ordered = [pieces[start] for start in sorted(pieces)]
        return self._outputs(ordered, strategy, item.parameters.get("ignore_labels", ["O"]))

    def _pieces(self, text: str, window: Window, scores: np.ndarray[Any, Any]) -> list[Piece]:
        tokenizer = self._reader.tokenizer
        found = []
        for index, (start, end) in enumerate(window.offsets):
            if window.special[index] or start == end:
                continue
            token_id = int(window.row["input_ids"][index])
            token = text[start:end] if token_id == tokenizer.unk_token_id else tokenizer.convert_ids_to_tokens(token_id)
            found.append(Piece((token,), scores[index], start, end, window.words[index], index))
        return found

    def _outputs(self, pieces: Sequence[Piece], strategy: str, ignored: Sequence[str]) -> list[dict[str, Any]]:
        if strategy == "none":
            tokens = [labelled(piece, self._labels) for piece in pieces]
            return [self._token(one) for one in tokens if one.label not in ignored]
        words = list(pieces) if strategy == "simple" else joined_words(pieces, _JOINERS[strategy])
        groups = grouped([labelled(word, self._labels) for word in words])
        return [self._group(one) for one in groups if one.label not in ignored]

    def _token(self, one: Labelled) -> dict[str, Any]:
        place = {"start": one.start, "end": one.end}
        return {"entity": one.label, "score": one.score, "index": one.index, "word": one.tokens[0], **place}

    def _group(self, one: Labelled) -> dict[str, Any]:
        word = self._reader.tokenizer.convert_tokens_to_string(list(one.tokens))
        return {"entity_group": one.label, "score": one.score, "word": word, "start": one.start, "end": one.end}


class WordTagging(RowPredictor):
    """A tagger of words that no tokenizer cuts: their strategies are all one."""

    spec = SPEC

    def __init__(self, tags: WordTags) -> None:
        self.placement = PLACEMENT
        self._tags = tags

    def prepare(self, inputs: Any, parameters: Mapping[str, Any]) -> Item:
        words = split_words(inputs)
        return Item(inputs, parameters, [words], max(1, len(words)))

    def forward(self, rows: Sequence[Any]) -> Sequence[Any]:
        return [self._tags.scores([word for word, _start, _end in row]) for row in rows]

    def finish(self, item: Item, results: Sequence[Any]) -> list[dict[str, Any]]:
        pieces = [
            Piece((word,), scores, start, end, index, index)
            for index, ((word, start, end), scores) in enumerate(zip(item.rows[0], results[0], strict=True))
        ]
        found = [labelled(piece, self._tags.labels) for piece in pieces]
        name = "entity"
        if item.parameters.get("aggregation_strategy", "simple") != "none":
            found, name = grouped(found), "entity_group"
        ignored = item.parameters.get("ignore_labels", ["O"])
        return [self._output(one, name, item.inputs) for one in found if one.label not in ignored]

    @staticmethod
    def _output(one: Labelled, name: str, text: str) -> dict[str, Any]:
        told = {name: one.label, "score": one.score, "word": text[one.start : one.end]}
        index = {"index": one.index} if name == "entity" else {}
        return told | index | {"start": one.start, "end": one.end}


def labelled(piece: Piece, labels: Sequence[str]) -> Labelled:
    """A piece with its likeliest label."""
    best = int(piece.scores.argmax())
    return Labelled(labels[best], float(piece.scores[best]), piece.tokens, piece.start, piece.end, piece.index)


_JOINERS: dict[str, Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]] = {
    "first": lambda scores: scores[0],
    "average": lambda scores: scores.mean(axis=0),
    "max": lambda scores: scores[scores.max(axis=1).argmax()],
}
"""Scores of a word (labels) from scores of its tokens (tokens × labels)."""


def joined_words(pieces: Sequence[Piece], join: Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]) -> list[Piece]:
    """Tokens of one word as one piece; tokens that the tokenizer counts to no word stay alone."""
    words: list[list[Piece]] = []
    for piece in pieces:
        if words and piece.word is not None and words[-1][-1].word == piece.word:
            words[-1].append(piece)
        else:
            words.append([piece])
    return [
        Piece(
            tuple(token for piece in word for token in piece.tokens),
            join(np.stack([piece.scores for piece in word])),
            word[0].start,
            word[-1].end,
            word[0].word,
            word[0].index,
        )
        for word in words
    ]


def grouped(pieces: Sequence[Labelled]) -> list[Labelled]:
    """Neighbours with the same label as one; `B-` begins a new group, `I-` goes on."""
    groups: list[list[Labelled]] = []
    for piece in pieces:
        if groups and _bare(groups[-1][-1].label) == _bare(piece.label) and not piece.label.startswith("B-"):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return [
        Labelled(
            _bare(group[0].label),
            float(np.mean([piece.score for piece in group])),
            tuple(token for piece in group for token in piece.tokens),
            group[0].start,
            group[-1].end,
            group[0].index,
        )
        for group in groups
    ]


def _bare(label: str) -> str:
    return label[2:] if label.startswith(("B-", "I-")) else label


def load(folder: Path, wish: Wish) -> Predictor:
    """Load a token classifier. See `tasks.load` for errors."""
    if (folder / WORDS_FILE).is_file():
        return WordTagging(load_word_tags(folder))
    loaded = load_model(folder, "AutoModelForTokenClassification", wish)
    reader = load_text_reader(folder, loaded)
    if not reader.tokenizer.is_fast:
        raise UnusableModel(problem="its tokenizer does not tell where tokens stood; save it as tokenizer.json")
    return TokenClassification(loaded, reader)
