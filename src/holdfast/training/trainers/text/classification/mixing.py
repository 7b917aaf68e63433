"""A rung that mixes what is there already: counts of words see names and spellings, vectors see what is meant.

Neither sees both, so where both are good their mean is better than either. How much each says is chosen by the rows
that every trial was judged by, out of few choices: a choice as small as this overfits nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from holdfast.training.domain.trials import Board, Outcome, Plan, Trial
from holdfast.training.trainers.interface import Artefact, Clock, Place
from holdfast.training.trainers.text.classification import writing
from holdfast.training.trainers.text.classification.embeddings import LINEAR, SVM, Embeddings
from holdfast.training.trainers.text.classification.linear import WordCounts, telling_words
from holdfast.training.trainers.text.classification.material import Material
from holdfast.training.trainers.text.classification.scoring import loss, score
from holdfast.training.trainers.text.folds import Fold
from holdfast.training.trainers.text.ladder import WRITING_SECONDS, refit_seconds

Array = np.ndarray[Any, Any]
FAMILY = "words-and-vectors"
_SHARES = (0.3, 0.5, 0.7)


@dataclass(frozen=True)
class Mixture:
    """A model of words and one of vectors, which vote.

    Args:
        material: of the run.
        words: makes the one.
        vectors: makes the other.
    """

    material: Material
    words: WordCounts
    vectors: Embeddings
    families: ClassVar[tuple[str, ...]] = (FAMILY,)

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:  # noqa: ARG002 - goes by the board alone
        words, vectors = _best(board, self.words.families), _best(board, (LINEAR, SVM))
        if words is None or vectors is None or self.material.is_few:
            return
        parameters = {
            "words": words.plan.family,
            "vectors": vectors.plan.family,
            **{f"words_{name}": value for name, value in words.plan.parameters.items()},
            **{f"vectors_{name}": value for name, value in vectors.plan.parameters.items()},
            "words_share": self._share(board, words, vectors),
        }
        expected = 1.5 * (words.seconds + 1.0) + (vectors.seconds if vectors.plan.family == SVM else 0.0)
        yield Plan(FAMILY, parameters, 0, expected, "words tell what vectors don't, and vectors what words don't")

    def _share(self, board: Board, words: Trial, vectors: Trial) -> float:
        """That of the words: what scores best; of equals, what makes the right answers likeliest."""
        known, sign = self.material.judged, -1.0 if board.metric.greater_is_better else 1.0

        def badness(share: float) -> tuple[float, float]:
            mixed = _mixed(share, _predictions(words), _predictions(vectors))
            return sign * score(board.metric.name, known, mixed), loss(known, mixed)

        return min(_SHARES, key=badness)

    def fit(self, plan: Plan, place: Place) -> Outcome:
        words, vectors = _parts(plan)
        by_words = self.words.fitting(words)
        by_vectors = self.vectors.fitting(vectors, place.folder, place)

        def predict(fold: Fold) -> Array:
            return _mixed(plan.parameters["words_share"], by_words(fold), by_vectors(fold))

        return self.material.outcome(predict)

    def finish_seconds(self, trial: Trial) -> float:
        return 2 * WRITING_SECONDS + refit_seconds(trial, len(self.material.folds))

    def finish(self, trial: Trial, kept: Path, folder: Path, clock: Clock) -> Artefact:
        words, vectors = _parts(trial.plan)
        made = self.vectors.finish(Trial(trial.number, vectors, trial.status, 0.0), kept, folder, clock)
        model = self.words.model(words)
        writing.add_words(folder, model, trial.plan.parameters["words_share"])
        explanation = {"words": telling_words(model, self.material)}
        return Artefact(
            made.task,
            FAMILY,
            trial.plan.parameters,
            made.library,
            made.example,
            base_model=made.base_model,
            explanation=explanation,
        )


def _parts(plan: Plan) -> tuple[Plan, Plan]:
    """The plans of the two that are mixed."""
    own = ("words", "vectors", "words_share")
    given: Mapping[str, Any] = {name: value for name, value in plan.parameters.items() if name not in own}
    words = {name.removeprefix("words_"): value for name, value in given.items() if name.startswith("words_")}
    vectors = {name.removeprefix("vectors_"): value for name, value in given.items() if name.startswith("vectors_")}
    return Plan(str(plan.parameters["words"]), words), Plan(str(plan.parameters["vectors"]), vectors)


def _mixed(share: float, by_words: Array, by_vectors: Array) -> Array:
    return share * by_words + (1.0 - share) * by_vectors


def _best(board: Board, families: tuple[str, ...]) -> Trial | None:
    """The best trial of some families whose answers are known."""
    known = (trial for trial in board.finished() if trial.plan.family in families)
    return next((trial for trial in known if trial.outcome and trial.outcome.predictions is not None), None)


def _predictions(trial: Trial) -> Array:
    assert trial.outcome is not None
    return np.asarray(trial.outcome.predictions, dtype=float)
