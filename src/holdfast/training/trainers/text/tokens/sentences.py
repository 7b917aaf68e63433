"""Texts with entities: whatever way the data says them, here they are words with tags, and where each word stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from holdfast.base.errors import InvalidInput
from holdfast.inference.runtime.word_tags import split_words
from holdfast.training.domain.data import TrainingData

OUTSIDE = "O"


@dataclass(frozen=True)
class Sentence:
    """Words with tags.

    Args:
        text: that the words are in.
        words: each with its first character and the one after its last.
        tags: in BIO, repaired: every entity begins with `B-`.
    """

    text: str
    words: tuple[tuple[str, int, int], ...]
    tags: tuple[str, ...]


def read_sentences(data: TrainingData, frame: pd.DataFrame) -> list[Sentence]:
    """Sentences of some rows: tokens and tags, or text and spans.

    Raises:
        InvalidInput: there are neither, or a row has not as many tags as words.
    """
    columns = data.columns
    if "tokens" in columns and "tags" in columns:
        pairs = zip(frame[columns["tokens"]], frame[columns["tags"]], strict=True)
        return [of_tokens(_listed(tokens), _listed(tags)) for tokens, tags in pairs]
    if "text" in columns and "spans" in columns:
        pairs = zip(frame[columns["text"]], frame[columns["spans"]], strict=True)
        return [of_spans(str(text), spans if spans is not None else ()) for text, spans in pairs]
    raise InvalidInput(field="columns", problem="must name tokens and tags, or text and spans")


def of_tokens(tokens: Sequence[str], tags: Sequence[str]) -> Sentence:
    """Words as they are listed, with a space between.

    Raises:
        InvalidInput: more words than tags, or fewer.
    """
    if len(tokens) != len(tags):
        raise InvalidInput(field="data", problem=f"has a row with {len(tokens)} words and {len(tags)} tags")
    words, place = [], 0
    for token in tokens:
        words.append((token, place, place + len(token)))
        place += len(token) + 1
    return Sentence(" ".join(tokens), tuple(words), repaired(tags))


def of_spans(text: str, spans: Iterable[Mapping[str, Any]]) -> Sentence:
    """Words cut where the Inference API cuts them; a word belongs to the span that it begins in."""
    words = split_words(text)
    tags = [OUTSIDE] * len(words)
    for span in spans:
        inside = [place for place, (_word, start, _end) in enumerate(words) if span["start"] <= start < span["end"]]
        for position, place in enumerate(inside):
            tags[place] = f"{'I' if position else 'B'}-{span['label']}"
    return Sentence(text, tuple(words), tuple(tags))


def repaired(tags: Sequence[str]) -> tuple[str, ...]:
    """Tags in BIO.

    An entity that goes on without having begun, begins; BILOU and BIOES are read as BIO; bare names (`PER`) are one
    entity as long as they follow each other.
    """
    found: list[str] = []
    before: str | None = None
    for tag in tags:
        mark, _dash, name = tag.partition("-")
        if tag in (OUTSIDE, "", "_"):
            name, begins = "", False
        elif not name or mark not in "BILOUES":
            name, begins = tag, before != tag
        else:
            begins = mark in "BUS" or before != name
        found.append(f"{'B' if begins else 'I'}-{name}" if name else OUTSIDE)
        before = name or None
    return tuple(found)


def tags_of(sentence: Sentence, entities: Iterable[Mapping[str, Any]]) -> list[str]:
    """Tags for a sentence's words from what the Inference API answers (`entity_group`, `start`, `end`)."""
    tags = [OUTSIDE] * len(sentence.words)
    for entity in entities:
        first = True
        for place, (_word, start, end) in enumerate(sentence.words):
            if start < entity["end"] and entity["start"] < end and tags[place] == OUTSIDE:
                tags[place] = f"{'B' if first else 'I'}-{entity['entity_group']}"
                first = False
    return tags


def _listed(value: Any) -> list[str]:
    return value.split() if isinstance(value, str) else [str(one) for one in value]
