"""Models without a network for texts: what a fine-tuned one has to beat, served all the same where none does.

`config.json` says which: `{"model_type": "leading-sentences", "sentences": 3}` answers with the beginning of a text
(all of it without `sentences`), `{"model_type": "nearest-sentence"}` with the sentence of a text that shares most words
with a question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from holdfast.base.errors import UnusableModel
from holdfast.inference.runtime.checkpoints import Checkpoint

LEADING, NEAREST = "leading-sentences", "nearest-sentence"
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*", re.UNICODE)
_WORD = re.compile(r"\w+", re.UNICODE)
_MOST_SENTENCES = 100


@dataclass(frozen=True)
class LeadingSentences:
    """The beginning of a text: so many sentences of it, or None for all."""

    sentences: int | None

    def of(self, text: str) -> str:
        """The beginning."""
        places = sentence_places(text)
        if self.sentences is None or len(places) <= self.sentences:
            return text.strip()
        return text[: places[self.sentences - 1][1]].strip()


def sentence_places(text: str) -> list[tuple[int, int]]:
    """First and last character of every sentence, spaces around it left out."""
    found = []
    for match in _SENTENCE.finditer(text):
        words = match.group()
        start = match.start() + len(words) - len(words.lstrip())
        if words.strip():
            found.append((start, match.start() + len(words.rstrip())))
    return found


def nearest_sentence(question: str, context: str) -> tuple[int, int, float]:
    """The place of the sentence that shares most of its question's words, and their share."""
    asked = {word.lower() for word in _WORD.findall(question)}
    best = (0, len(context), 0.0)
    for start, end in sentence_places(context):
        shared = asked & {word.lower() for word in _WORD.findall(context[start:end])}
        share = len(shared) / max(1, len(asked))
        if share > best[2]:
            best = (start, end, share)
    return best


def is_plain(folder: Path, kind: str) -> bool:
    """Whether the model of a folder is of such a kind."""
    return (Checkpoint(folder).json("config.json") or {}).get("model_type") == kind


def load_leading_sentences(folder: Path) -> LeadingSentences:
    """Read how many sentences.

    Raises:
        UnusableModel: that is no number of sentences.
    """
    sentences = Checkpoint(folder).config().get("sentences")
    if sentences is not None and (not isinstance(sentences, int) or not 1 <= sentences <= _MOST_SENTENCES):
        raise UnusableModel(problem=f"`sentences` of its config.json must be a number from 1 to {_MOST_SENTENCES}")
    return LeadingSentences(sentences)
