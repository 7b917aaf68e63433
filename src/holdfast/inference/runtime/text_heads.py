"""Text classifiers of scikit-learn: pipelines that read texts, or heads of vectors behind a sentence encoder.

A folder holds one skops file, and `head.json` with the labels in order and the problem type by transformers' names.
With `modules.json` there is an encoder as sentence-transformers saves it, and the skops file is its head (what SetFit
keeps in a pickle); without, the skops file takes texts. Without `head.json` it is a classifier with `classes_`.
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
from holdfast.inference.runtime.rows import Row
from holdfast.inference.runtime.sentences import SentenceEncoder, load_sentence_encoder

Array = np.ndarray[Any, Any]
HEAD_FILE = "head.json"
_TINY = 1e-12
_KINDS = ("single_label_classification", "multi_label_classification", "regression")


@dataclass(frozen=True)
class TextHead:
    """What gives labels to texts.

    Args:
        model: fitted, of scikit-learn.
        encoder: makes vectors of texts for it; None: it takes the texts.
        labels: in the order of its outputs.
        problem_type: by the names of transformers.
    """

    model: Any
    encoder: SentenceEncoder | None
    labels: tuple[str, ...]
    problem_type: str

    @property
    def placement(self) -> Placement:
        """Where it computes; a head is a moment's work on the CPU."""
        return self.encoder.loaded.placement if self.encoder else PLACEMENT

    def row(self, text: str, *, truncation: bool) -> Row | str:
        """A text as the encoder sees it, or as it is.

        Raises:
            TooLarge: more tokens than the encoder takes, and not to be cut.
        """
        return self.encoder.row(text, {"truncate": truncation}) if self.encoder else text

    def logits(self, rows: Sequence[Any]) -> Array:
        """For N rows and L labels (N, L): what softmax or sigmoid turns into its probabilities; numbers (N, 1)."""
        inputs = list(rows) if self.encoder is None else np.stack(vectors(self.encoder, rows))
        if self.problem_type == "regression":
            return np.asarray(self.model.predict(inputs), np.float64).reshape(-1, 1)
        likely = np.clip(self.model.predict_proba(inputs), _TINY, 1.0)
        if self.problem_type == "multi_label_classification":
            return np.asarray(np.log(likely) - np.log(np.clip(1.0 - likely, _TINY, 1.0)))
        return np.asarray(np.log(likely))


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
    estimator = load_estimator(folder)
    told = checkpoint.json(HEAD_FILE) or {}
    problem_type = str(told.get("problem_type", _KINDS[0]))
    if problem_type not in _KINDS or not estimator.can("predict" if problem_type == _KINDS[2] else "predict_proba"):
        raise UnusableModel(problem=f"its skops file does not do what {HEAD_FILE} says of it")
    encoder = load_sentence_encoder(folder, wish) if (folder / "modules.json").is_file() else None
    return TextHead(estimator.model, encoder, _labels(estimator.model, told, problem_type), problem_type)


def _labels(model: Any, told: dict[str, Any], problem_type: str) -> tuple[str, ...]:
    # The estimator's own order counts; only where it knows no names are those of the file taken.
    named = told.get("labels")
    if problem_type == _KINDS[0] or named is None:
        named = getattr(model, "classes_", None)
    if named is None or not len(named):
        raise UnusableModel(problem=f"neither its skops file nor {HEAD_FILE} names its labels")
    return tuple(str(name) for name in named)
