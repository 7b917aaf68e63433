"""Text classifiers of scikit-learn: pipelines that read texts, or heads of vectors behind a sentence encoder.

A folder holds one skops file, and `head.json` with the labels in order and the problem type by transformers' names.
With `modules.json` there is an encoder as sentence-transformers saves it, and the skops file is its head (what SetFit
keeps in a pickle); without, the skops file takes texts. Without `head.json` it is a classifier with `classes_`.
Where `head.json` names `words`, there are both: `{"file": "words.skops", "share": 0.3}` takes the texts, `head.skops`
their vectors, and what they say is mixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.base.errors import UnusableModel
from holdfast.inference.domain.pooling import pool
from holdfast.inference.domain.predictors import Placement, Wish
from holdfast.inference.runtime.checkpoints import Checkpoint
from holdfast.inference.runtime.estimators import PLACEMENT, load_estimator
from holdfast.inference.runtime.rows import Row, size_of
from holdfast.inference.runtime.sentences import SentenceEncoder, load_sentence_encoder

Array = np.ndarray[Any, Any]
HEAD_FILE = "head.json"
VECTORS_FILE, WORDS_FILE = "head.skops", "words.skops"
_TINY = 1e-12
_KINDS = ("single_label_classification", "multi_label_classification", "regression")
_CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True)
class Words:
    """A second model, which takes the texts as they are.

    Args:
        model: fitted, of scikit-learn.
        share: of what is said that it says, 0 to 1.
    """

    model: Any
    share: float


@dataclass(frozen=True)
class Both:
    """A text for two models: as it is, and as the encoder sees it."""

    text: str
    row: Row


@dataclass(frozen=True)
class TextHead:
    """What gives labels to texts.

    Args:
        model: fitted, of scikit-learn.
        encoder: makes vectors of texts for it; None: it takes the texts.
        labels: in the order of its outputs.
        problem_type: by the names of transformers.
        words: a second model that takes the texts; None: there is but one.
    """

    model: Any
    encoder: SentenceEncoder | None
    labels: tuple[str, ...]
    problem_type: str
    words: Words | None = None

    @property
    def placement(self) -> Placement:
        """Where it computes; a head is a moment's work on the CPU."""
        return self.encoder.loaded.placement if self.encoder else PLACEMENT

    def row(self, text: str, *, truncation: bool, side: str = "right") -> Row | Both | str:
        """A text as the encoder sees it, or as it is, or both.

        Raises:
            TooLarge: more tokens than the encoder takes, and not to be cut.
        """
        if self.encoder is None:
            return text
        row = self.encoder.row(text, {"truncate": truncation, "truncation_direction": side})
        return Both(text, row) if self.words else row

    def logits(self, rows: Sequence[Any]) -> Array:
        """For N rows and L labels (N, L): what softmax or sigmoid turns into its probabilities; numbers (N, 1)."""
        if self.words is None:
            inputs = list(rows) if self.encoder is None else np.stack(vectors(self.encoder, rows))
            return self._logits(self._said(self.model, inputs))
        assert self.encoder is not None
        by_vectors = self._said(self.model, np.stack(vectors(self.encoder, [both.row for both in rows])))
        by_words = self._said(self.words.model, [both.text for both in rows])
        return self._logits(self.words.share * by_words + (1.0 - self.words.share) * by_vectors)

    def _said(self, model: Any, inputs: Any) -> Array:
        """Probabilities (N, L), or numbers (N, 1)."""
        if self.problem_type == "regression":
            return np.asarray(model.predict(inputs), np.float64).reshape(-1, 1)
        return np.asarray(model.predict_proba(inputs), np.float64)

    def _logits(self, said: Array) -> Array:
        if self.problem_type == "regression":
            return said
        likely = np.clip(said, _TINY, 1.0)
        if self.problem_type == "multi_label_classification":
            return np.asarray(np.log(likely) - np.log(np.clip(1.0 - likely, _TINY, 1.0)))
        return np.asarray(np.log(likely))


def size_of_row(row: Row | Both | str) -> int:
    """What a row of a head costs, roughly in tokens."""
    if isinstance(row, str):
        return max(1, len(row) // _CHARACTERS_PER_TOKEN)
    return size_of(row.row if isinstance(row, Both) else row)


def vectors(encoder: SentenceEncoder, rows: Sequence[Row]) -> list[Array]:
    """A vector for each row; tokens of a plain transformer are averaged."""
    return [pool(found, "mean") if found.ndim > 1 else found for found in encoder.vectors(rows)]


def load_text_head(folder: Path, wish: Wish) -> TextHead:
    """Load a classifier of scikit-learn for texts.

    Raises:
        UnsafeWeights: see `load_estimator`.
        UnusableModel: see `load_estimator` and `load_sentence_encoder`; or its labels are not known.
    """
    checkpoint = Checkpoint(folder)
    told = checkpoint.json(HEAD_FILE) or {}
    estimator = load_estimator(folder, VECTORS_FILE if told.get("words") else None)
    problem_type = str(told.get("problem_type", _KINDS[0]))
    if problem_type not in _KINDS or not estimator.can("predict" if problem_type == _KINDS[2] else "predict_proba"):
        raise UnusableModel(problem=f"its skops file does not do what {HEAD_FILE} says of it")
    encoder = load_sentence_encoder(folder, wish) if (folder / "modules.json").is_file() else None
    labels = _labels(estimator.model, told, problem_type)
    words = _words(folder, told, estimator.model, encoder)
    return TextHead(estimator.model, encoder, labels, problem_type, words)


def _words(folder: Path, told: dict[str, Any], beside: Any, encoder: SentenceEncoder | None) -> Words | None:
    described = told.get("words")
    if not described:
        return None
    problem = f"{HEAD_FILE} says what can't be of the model of words"
    if not isinstance(described, dict) or encoder is None:
        raise UnusableModel(problem=problem)
    model, share = load_estimator(folder, str(described.get("file", WORDS_FILE))).model, described.get("share")
    same = np.array_equal(getattr(model, "classes_", ()), getattr(beside, "classes_", ()))
    if not same or not isinstance(share, (int, float)) or not 0.0 <= share <= 1.0:
        raise UnusableModel(problem=problem)
    return Words(model, float(share))


def _labels(model: Any, told: dict[str, Any], problem_type: str) -> tuple[str, ...]:
    # The estimator's own order counts; only where it knows no names are those of the file taken.
    named = told.get("labels")
    if problem_type == _KINDS[0] or named is None:
        named = getattr(model, "classes_", None)
    if named is None or not len(named):
        raise UnusableModel(problem=f"neither its skops file nor {HEAD_FILE} names its labels")
    return tuple(str(name) for name in named)
