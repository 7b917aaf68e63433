"""The ladder of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Board, Outcome, Plan
from holdfast.training.learning.designs import TRANSFORMER
from holdfast.training.learning.estimators import load_once
from holdfast.training.learning.from_nothing import FromNothing
from holdfast.training.learning.holdout import Family, HoldoutClassifier, seconds_of
from holdfast.training.learning.pacing import pace_of
from holdfast.training.trainers.images.classic import Classic
from holdfast.training.trainers.images.pictures import Pictures, files_of, read_pictures
from holdfast.training.trainers.images.pretrained import Pretrained
from holdfast.training.trainers.images.reducing import affordable, reduced
from holdfast.training.trainers.interface import Artefact, Clock, Place

_PROBE_EPOCHS = 3
_MOST_EPOCHS = 60
_LEAST_SECONDS = 10.0
"""That even a short trial is given, if there is so much."""
_FROM_NOTHING, _TRAINED = ("cnn", "vit"), ("embeddings-linear", "fine-tuning")
_MOST_EPOCHS_OF_VIT = 300
"""A transformer needs far more of them: it has to learn that neighbours belong together."""


class ImageTrainer:
    """Trials on pictures: one part is learned from, the other judged by; the same parts for every trial."""

    def __init__(self, data: TrainingData, spec: TrainingSpec) -> None:
        self._spec = spec
        self._asked = spec.params.get("epochs", spec.params.get("num_train_epochs"))
        load_once()
        rows = len(data.train)
        data, files = affordable(data, files_of(data), spec.budget.seconds, spec.seed)
        self._left_out = rows - len(files)
        self._pictures = read_pictures(data, [reduced(file) for file in files])
        if set(_FROM_NOTHING) & set(spec.candidates or _FROM_NOTHING):
            _decoded_once = self._pictures.levels_NHWC  # kept by the pictures: every trial is forked with it
        self._classifier = HoldoutClassifier(data, spec, _families(self._pictures, spec.base_model))

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:
        """Estimators first, then networks as long as the budget allows."""
        for plan in self._ladder(board, clock):
            if plan.family in (self._spec.candidates or (plan.family,)):
                yield plan

    def _ladder(self, board: Board, clock: Clock) -> Iterator[Plan]:
        yield Plan("majority", {}, 0, None, "what is right without looking")
        yield Plan("hog-svm", {"C": 10.0}, 1, None, "directions of edges, and a support vector machine")
        yield Plan("pixels-linear", {"C": 0.01}, 1, None, "levels of light, and a linear model")
        if "vit" in (self._spec.candidates or ()):
            yield from self._transformers(board, clock)
        if self._asked is None:
            probe = _cnn(_PROBE_EPOCHS, None, "a small network, briefly: shows how long it takes to learn")
            yield replace(probe, limit_seconds=max(_LEAST_SECONDS, clock.left() / 3))
        if self._spec.base_model:
            yield Plan("embeddings-linear", {"C": 1.0}, 3, None, "what a trained network sees, and a linear model")
        yield from self._longer(board, clock)

    def _longer(self, board: Board, clock: Clock) -> Iterator[Plan]:
        """Networks for as long as they may learn. What the user asks for is done once, and nothing else."""
        pace, asked = pace_of(board, "cnn", "epochs"), self._asked
        share = 0.3 if self._spec.base_model else 0.45
        seconds = clock.left() * share
        epochs = int(asked or pace.affordable(seconds, _MOST_EPOCHS))
        if epochs > _PROBE_EPOCHS or asked:
            longer = _cnn(epochs, pace.expected(epochs), "the same for longer", **self._wishes())
            yield longer if asked else replace(longer, limit_seconds=1.3 * seconds)
        if self._spec.base_model:
            yield from self._fine_tuning(board, clock)
        epochs = pace.affordable(clock.left() * 0.6, _MOST_EPOCHS)
        if not asked and epochs > _PROBE_EPOCHS:
            mirrored = _cnn(epochs, pace.expected(epochs), "pictures are mirrored, too", mirror=True)
            yield replace(mirrored, limit_seconds=clock.left() * 0.9)

    def _transformers(self, board: Board, clock: Clock) -> Iterator[Plan]:
        """Only where it is asked for: from nothing, a transformer needs more pictures and time than a CNN."""
        why = "a small transformer from nothing"
        alone = self._spec.candidates == ("vit",)
        if self._asked:
            yield Plan("vit", {"epochs": int(self._asked), **self._wishes()}, 2, None, why)
            return
        end = max(_LEAST_SECONDS, clock.left() / 3)
        yield Plan("vit", {"epochs": _PROBE_EPOCHS}, 2, None, f"{why}, briefly", limit_seconds=end)
        pace, seconds = pace_of(board, "vit", "epochs"), clock.left() * (0.9 if alone else 0.5)
        epochs = pace.affordable(seconds * 0.8, _MOST_EPOCHS_OF_VIT)
        if epochs > _PROBE_EPOCHS:
            longer = {"epochs": epochs, **self._wishes()}
            yield Plan("vit", longer, 2, pace.expected(epochs), "the same for longer", limit_seconds=seconds)

    def _wishes(self) -> dict[str, Any]:
        names = ("mirror", "widths", "convolutions", "width", "layers", "patch_size", "batch_size") + (
            () if self._spec.base_model else ("learning_rate",)
        )
        wishes = {name: self._spec.params[name] for name in names if name in self._spec.params}
        if "per_device_train_batch_size" in self._spec.params:
            wishes["batch_size"] = self._spec.params["per_device_train_batch_size"]
        return wishes

    def _fine_tuning(self, board: Board, clock: Clock) -> Iterator[Plan]:
        once = 3.0 * (seconds_of(board, "embeddings-linear") or 1.0)  # learning costs about three times looking
        epochs = int(self._asked or min(5, clock.left() * 0.6 // once))
        if epochs:
            parameters = {"epochs": epochs, "learning_rate": self._spec.params.get("learning_rate", 2e-5)}
            yield Plan("fine-tuning", parameters, 4, once * epochs, "all of the trained network learns further")

    def fit(self, plan: Plan, place: Place) -> Outcome:
        """Fit one and score it."""
        return self._classifier.fit(plan, place)

    def finish(self, board: Board, folder: Path, clock: Clock) -> Artefact:
        """The best one, from all pictures if there is time."""
        best, facts = self._classifier.finish(board, folder, clock)
        is_network = best.plan.family in (*_FROM_NOTHING, *_TRAINED)
        return Artefact(
            task="image-classification",
            family=best.plan.family,
            parameters=best.plan.parameters,
            library="transformers" if is_network else "sklearn",
            example=self._pictures.files[0],
            base_model=self._spec.base_model if best.plan.family in _TRAINED else None,
            explanation={**facts, **self._said_of_rows()},
        )

    def _said_of_rows(self) -> dict[str, str]:
        if not self._left_out:
            return {}
        count = len(self._pictures.files)
        why = "reading the others would have taken too much of the budget. Give it more time, or smaller pictures."
        return {"note": f"It learned from {count} of {count + self._left_out} pictures: {why}"}


def _families(pictures: Pictures, base_model: str | None) -> dict[str, Family]:
    families: dict[str, Family] = {
        "majority": Classic(pictures, "pixels", "majority"),
        "pixels-linear": Classic(pictures, "pixels", "logistic-regression"),
        "hog-svm": Classic(pictures, "hog", "svm"),
        "cnn": FromNothing(pictures),
        "vit": FromNothing(pictures, TRANSFORMER),
    }
    if base_model:
        families["embeddings-linear"] = Pretrained(pictures, base_model, further=False)
        families["fine-tuning"] = Pretrained(pictures, base_model, further=True)
    return families


def _cnn(epochs: int, seconds: float | None, reason: str, **parameters: Any) -> Plan:
    return Plan("cnn", {"epochs": epochs, **parameters}, 2, seconds, reason)
