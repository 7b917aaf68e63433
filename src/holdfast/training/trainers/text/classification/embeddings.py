"""The middle rungs: vectors of a sentence encoder that stays as it is, with a linear model or without (zero-shot)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from holdfast.training.domain.trials import Board, Outcome, Plan, Trial
from holdfast.training.trainers.interface import Artefact, Clock, Place
from holdfast.training.trainers.text.bases import Base, Missing
from holdfast.training.trainers.text.classification import heads, writing
from holdfast.training.trainers.text.classification.encoding import Encoding
from holdfast.training.trainers.text.classification.material import Material
from holdfast.training.trainers.text.classification.targets import Kind, Targets
from holdfast.training.trainers.text.folds import Fold
from holdfast.training.trainers.text.ladder import WRITING_SECONDS, refit_seconds, skipped
from holdfast.training.trainers.text.measuring import Unmeasured, measure

Array = np.ndarray[Any, Any]
ZERO_SHOT, LINEAR, SVM = "zero-shot", "embeddings-linear", "embeddings-svm"
WITH_WORDS = "embeddings-linear-with-descriptions"
_SHARPNESS = 20.0
_MOST_LABELS_OF_MACHINE, _FEWEST_OF_A_LABEL = 10, 6
_SECONDS_PER_PAIR = 3e-7
_MEASURED_FROM = 200
"""Fewer texts are encoded in less time than it takes to measure how long that takes."""
_WRITING = 2 * WRITING_SECONDS
SHELF = "vectors"


@dataclass(frozen=True)
class Embeddings:
    """Frozen vectors with a head.

    Args:
        material: of the run.
        base: the encoder; or why there is none.
        only_zero_shot: learn from no example.
    """

    material: Material
    base: Base | Missing
    only_zero_shot: bool = False
    families: ClassVar[tuple[str, ...]] = (ZERO_SHOT, LINEAR, SVM, WITH_WORDS)

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:
        if isinstance(self.base, Missing):
            yield skipped(ZERO_SHOT if self.only_zero_shot else LINEAR, self.base.reason)
            return
        few = len(self.material.texts) <= _MEASURED_FROM
        expected = None if few else self._seconds(clock)
        if isinstance(expected, Unmeasured):
            yield skipped(ZERO_SHOT if self.only_zero_shot else LINEAR, expected.reason)
            return
        if not self.only_zero_shot:
            yield Plan(LINEAR, {"C": 10.0}, expected_seconds=expected, reason="an encoder knows what words mean")
            for strength in (1.0, 100.0) if _has(board, LINEAR) else ():
                yield Plan(LINEAR, {"C": strength}, expected_seconds=2.0, reason="the same vectors, smoothed otherwise")
            if _has(board, LINEAR) and self._suits_machines():
                reason = "borders between labels may bend"
                yield Plan(SVM, {"C": 1.0}, expected_seconds=self._machine_seconds(), reason=reason)
        if self.material.targets.kind is not Kind.ONE_LABEL:
            return
        if self.material.descriptions is None:
            yield skipped(
                ZERO_SHOT, "labels are no words; describe them (`labels` of the spec) to try without examples"
            )
            return
        expected = 2.0 if _has(board, LINEAR) else expected
        yield Plan(ZERO_SHOT, expected_seconds=expected, reason="descriptions of the labels, and no example")
        if self.material.is_few and _has(board, ZERO_SHOT) and not self.only_zero_shot:
            for strength in (1.0, 10.0):
                yield Plan(
                    WITH_WORDS, {"C": strength}, expected_seconds=2.0, reason="a description is one more example"
                )

    def _suits_machines(self) -> bool:
        """Probabilities of a machine come from folds inside of the fold, and say little of many labels."""
        targets = self.material.targets
        some = targets.kind is Kind.ONE_LABEL and len(targets.labels) <= _MOST_LABELS_OF_MACHINE
        return some and not self.material.is_few and targets.rarest >= _FEWEST_OF_A_LABEL

    def _machine_seconds(self) -> float:
        """It looks at every two rows: four times in each fold, three of them for its probabilities."""
        return 1.0 + 4 * len(self.material.folds) * _SECONDS_PER_PAIR * len(self.material.folds[0].fitted) ** 2

    def _seconds(self, clock: Clock) -> float | Unmeasured:
        """How long encoding all texts takes."""
        assert isinstance(self.base, Base)
        encoding, texts = Encoding(self.base), self.material.texts
        return measure(lambda: encoding.seconds_for(texts), clock.left())

    def fit(self, plan: Plan, place: Place) -> Outcome:
        return self.material.outcome(self.fitting(plan, place.folder, place))

    def fitting(self, plan: Plan, folder: Path, place: Place | None) -> Callable[[Fold], Array]:
        """What fits on a fold and gives outputs for its judged rows.

        Args:
            plan: of the model.
            folder: of the trial; vectors lie beside it.
            place: hears how far encoding is.
        """
        vectors, described = self._vectors(plan, folder.parent / SHELF, place)

        def predict(fold: Fold) -> Array:
            rows = fold.fitted
            model = self._head(plan, vectors[rows], self.material.targets.at(rows), described)
            return heads.outputs(model, vectors[fold.judged], self.material.targets)

        return predict

    def finish_seconds(self, trial: Trial) -> float:
        return (
            WRITING_SECONDS + refit_seconds(trial, len(self.material.folds)) if trial.plan.family == SVM else _WRITING
        )

    def finish(self, trial: Trial, kept: Path, folder: Path, clock: Clock) -> Artefact:  # noqa: ARG002 - takes seconds
        assert isinstance(self.base, Base)
        material, plan = self.material, trial.plan
        vectors, described = self._vectors(plan, kept.parent / SHELF, None)
        model = self._head(plan, vectors, material.targets, described)
        writing.copy_encoder(self.base, folder)
        writing.write_head(folder, model, material.targets)
        explanation = {} if described is None else {"descriptions": self._told()}
        return Artefact(
            "text-classification",
            plan.family,
            plan.parameters,
            "sentence-transformers",
            material.texts[0],
            base_model=self.base.name,
            explanation=explanation,
        )

    def _told(self) -> dict[str, str]:
        assert self.material.descriptions is not None
        return dict(zip(self.material.targets.labels, self.material.descriptions, strict=True))

    def _vectors(self, plan: Plan, shelf: Path, place: Place | None) -> tuple[Array, Array | None]:
        """Vectors of all texts, and of the descriptions where the family uses them."""
        assert isinstance(self.base, Base)
        encoding, tell = Encoding(self.base), place.tell if place else lambda _figures: None
        vectors = encoding.vectors(self.material.texts, shelf, tell)
        if plan.family in (LINEAR, SVM) or self.material.descriptions is None:
            return vectors, None
        return vectors, encoding.vectors(self.material.descriptions, shelf, tell)

    def _head(self, plan: Plan, vectors: Array, targets: Targets, described: Array | None) -> Any:
        if plan.family == ZERO_SHOT:
            assert described is not None
            return heads.nearest_label(described, targets.labels, _SHARPNESS)
        if described is not None:
            vectors = np.concatenate([vectors, described])
            places = np.concatenate([targets.values, np.arange(len(targets.labels))])
            targets = Targets(targets.kind, targets.labels, places)
        made = (
            heads.vector_svm(plan.parameters) if plan.family == SVM else heads.vector_linear(plan.parameters, targets)
        )
        return heads.fit(made, vectors, targets)


def _has(board: Board, family: str) -> bool:
    """Whether vectors were made for a family: what uses them again takes but a moment."""
    return any(trial.plan.family == family for trial in board.finished())
