"""The ladder of sounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from holdfast.training.domain.data import TrainingData
from holdfast.training.domain.specification import TrainingSpec
from holdfast.training.domain.trials import Board, Outcome, Plan
from holdfast.training.learning.estimators import classifier, load_once, save_feature_classifier
from holdfast.training.learning.from_nothing import FromNothing
from holdfast.training.learning.holdout import Family, Fitted, HoldoutClassifier, Work
from holdfast.training.learning.pacing import pace_of
from holdfast.training.trainers.interface import Artefact, Clock, Place
from holdfast.training.trainers.sounds.recordings import Recordings, read_recordings

TASK = "audio-classification"
_PROBE_EPOCHS, _MOST_EPOCHS = 4, 60
_LEAST_SECONDS = 10.0
"""That even a short trial is given, if there is so much."""


@dataclass(frozen=True)
class Heard:
    """A family: MFCC, and an estimator."""

    recordings: Recordings
    estimator: str

    def __call__(self, work: Work) -> Fitted:
        """Fit the estimator."""
        recordings, names = self.recordings, np.array(self.recordings.labels)
        model = classifier(self.estimator, work.parameters, work.seed)
        model.fit(recordings.features_NF[work.learned], names[recordings.truth_N[work.learned]])
        save_feature_classifier(model, {"kind": "mfcc"}, TASK, work.folder)
        scores = np.zeros((len(work.judged), len(names)))
        if len(work.judged):
            places = np.searchsorted(names, model.classes_)
            scores[:, places] = model.predict_proba(recordings.features_NF[work.judged])
        return Fitted(scores, {}, {"features": {"kind": "mfcc"}})


@dataclass(frozen=True)
class Seen:
    """The family `cnn`: the sound as a picture, and a small network."""

    recordings: Recordings

    def __call__(self, work: Work) -> Fitted:
        """Train the network, and say in its config how a sound becomes a picture."""
        fitted = FromNothing(self.recordings)(work)
        (work.folder / "preprocessor_config.json").unlink(missing_ok=True)
        path = work.folder / "config.json"
        said = {"features": {"kind": "spectrogram", "size": self.recordings.size}}
        path.write_text(json.dumps(json.loads(path.read_text()) | said, indent=2))
        return fitted


class SoundTrainer:
    """Trials on sounds: one part is learned from, the other judged by."""

    def __init__(self, data: TrainingData, spec: TrainingSpec) -> None:
        load_once()
        self._spec = spec
        self._recordings = read_recordings(data)
        families: dict[str, Family] = {
            "majority": Heard(self._recordings, "majority"),
            "mfcc-linear": Heard(self._recordings, "logistic-regression"),
            "mfcc-svm": Heard(self._recordings, "svm"),
            "cnn": Seen(self._recordings),
        }
        self._classifier = HoldoutClassifier(data, spec, families)

    def plans(self, board: Board, clock: Clock) -> Iterator[Plan]:
        """Estimators, then the network, briefly and for as long as the budget allows."""
        for plan in self._ladder(board, clock):
            if plan.family in (self._spec.candidates or (plan.family,)):
                yield plan

    def _ladder(self, board: Board, clock: Clock) -> Iterator[Plan]:
        yield Plan("majority", {}, 0, None, "what is right without listening")
        yield Plan("mfcc-linear", {"C": 1.0}, 1, None, "shape of the spectrum, and a linear model")
        yield Plan("mfcc-svm", {"C": 10.0}, 1, None, "shape of the spectrum, and a support vector machine")
        asked = self._spec.params.get("epochs", self._spec.params.get("num_train_epochs"))
        if asked is None:
            why = "sounds as pictures, briefly: shows how long it takes"
            end = max(_LEAST_SECONDS, clock.left() / 3)
            yield Plan("cnn", {"epochs": _PROBE_EPOCHS}, 2, None, why, limit_seconds=end)
        pace = pace_of(board, "cnn", "epochs")
        seconds = clock.left() * 0.9
        epochs = int(asked or pace.affordable(seconds * 0.8, _MOST_EPOCHS))
        if epochs > _PROBE_EPOCHS or asked:
            limit = None if asked else seconds
            yield Plan("cnn", {"epochs": epochs}, 2, pace.expected(epochs), "the same for longer", limit_seconds=limit)

    def fit(self, plan: Plan, place: Place) -> Outcome:
        """Fit one and score it."""
        return self._classifier.fit(plan, place)

    def finish(self, board: Board, folder: Path, clock: Clock) -> Artefact:
        """The best one, from all sounds if there is time."""
        best, facts = self._classifier.finish(board, folder, clock)
        return Artefact(
            task=TASK,
            family=best.plan.family,
            parameters=best.plan.parameters,
            library="transformers" if best.plan.family == "cnn" else "sklearn",
            example=self._recordings.files[0],
            explanation=facts,
        )
