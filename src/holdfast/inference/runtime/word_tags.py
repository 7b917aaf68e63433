"""Tags for words by a model of scikit-learn: what a word and its neighbours look like, and nothing else.

A folder holds one skops file: a pipeline from features of words (texts) to tags such as `B-PER`, `I-PER`, `O`; and
`words.json` that says how far it looks. Cheap, without a network, and better than one might think on names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import UnusableModel
from holdfast.inference.runtime.checkpoints import Checkpoint
from holdfast.inference.runtime.estimators import load_estimator

Array = np.ndarray[Any, Any]
WORDS_FILE = "words.json"
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class WordTags:
    """A fitted pipeline.

    Args:
        model: from features to tags.
        reach: neighbours on each side that it looks at; 0 looks at the word alone, as it is written.
    """

    model: Any
    reach: int

    @property
    def labels(self) -> list[str]:
        """Its tags, in the order of its scores."""
        return [str(name) for name in self.model.classes_]

    def scores(self, words: Sequence[str]) -> Array:
        """Probabilities of tags for each word (words, tags)."""
        if not words:
            return np.zeros((0, len(self.labels)))
        return np.asarray(self.model.predict_proba(features_of(words, self.reach)))


def split_words(text: str) -> list[tuple[str, int, int]]:
    """Words and marks of a text, each with its first character and the one after its last."""
    return [(found.group(), found.start(), found.end()) for found in _WORD.finditer(text)]


def features_of(words: Sequence[str], reach: int) -> list[str]:
    """What a model sees of each word of a text: features such as `shape=Xx`, with spaces between."""
    seen = ["_".join(word.split()) or "(empty)" for word in words]
    if reach == 0:
        return [f"word={word}" for word in seen]
    found = (_features(seen, place, reach) for place in range(len(seen)))
    return [" ".join(f"{name}={value}" for name, value in features.items()) for features in found]


def _features(words: Sequence[str], place: int, reach: int) -> dict[str, Any]:
    word = words[place]
    found: dict[str, Any] = {"word": word, "shape": _shape(word), "digits": any(map(str.isdigit, word))}
    found |= {f"start{size}": word[:size].lower() for size in (2, 3, 4)}
    found |= {f"end{size}": word[-size:].lower() for size in (2, 3, 4)}
    for step in range(-reach, reach + 1):
        other = words[place + step] if 0 <= place + step < len(words) else "(edge)"
        found[f"lower{step}"] = other.lower()
        if step:
            found[f"shape{step}"] = _shape(other)
    return found


def _shape(word: str) -> str:
    """Letters by kind, repetitions once: `Xx` for a name, `X-d` for B-12."""
    kinds = re.sub(r"[^\W\d_]", lambda letter: "X" if letter.group().isupper() else "x", word)
    return re.sub(r"(.)\1+", r"\1", re.sub(r"\d", "d", kinds))[:8]


def load_word_tags(folder: Path) -> WordTags:
    """Load a tagger of words.

    Raises:
        UnsafeWeights: see `load_estimator`.
        UnusableModel: see `load_estimator`; or it does not tag words.
    """
    estimator = load_estimator(folder)
    reach = (Checkpoint(folder).json(WORDS_FILE) or {}).get("reach")
    if not isinstance(reach, int) or not 0 <= reach <= 5 or not estimator.can("predict_proba"):
        raise UnusableModel(problem=f"it does not tag words: {WORDS_FILE} must say how far it looks")
    return WordTags(estimator.model, reach)
